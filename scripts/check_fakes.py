#!/usr/bin/env python3
"""Checks the stand-ins for cloud services against what the vendors publish.

    check_fakes.py CLOUD OKTA_SPEC GRAPH_CUT GOOGLE_DISCOVERY

CLOUD is the program of `crates/sandbox/examples/cloud`, OKTA_SPEC the description of Okta's API, GRAPH_CUT what
`cut_graph.py` made of Microsoft Graph's, GOOGLE_DISCOVERY the discovery document of Google's directory API. Each service is
started, asked for every kind of answer that the connector reads, and every answer is held against the vendor's own
description: Okta's, Graph's and Google's as JSON Schema, OneLogin's by the models of its Python client. The Python clients of
OneLogin and Google also sign in and page through the stand-ins. To add a service, add its name to the program and a function
to SERVICES.
"""

import base64
import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager


@contextmanager
def served(program, service):
    """Runs the stand-in; yields how to reach it."""
    process = subprocess.Popen([program, service], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=20)


def ask(url, headers=None, body=None):
    """Status, headers and JSON of an answer."""
    request = urllib.request.Request(url, headers=headers or {}, data=body)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, json.loads(answer.read())


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def check_odd_values(how, answers):
    """Holds each odd value of the table against the description: what is allowed fits there, what is forbidden does not.

    `answers` maps the beginning of a path to an answer of the stand-in and to a function that raises where a value does not fit.
    """
    for path, pointer, null, missing in how["odd"]:
        answer, fits = answers[path]
        for allowed, change in [(null, lambda it, key: it.update({key: None})), (missing, lambda it, key: it.pop(key))]:
            changed = json.loads(json.dumps(answer))
            *above, key = pointer.split("/")[1:]
            place = changed
            for step in above:
                place = place[int(step) if isinstance(place, list) else step]
            expect(key in place, f"{path} {pointer}: the stand-in shows no such value")
            change(place, key)
            try:
                fits(changed)
                fitted = True
            except Exception:
                fitted = False
            what = "fits the description" if fitted else "does not fit the description"
            expect(fitted == allowed, f"{path} {pointer}: {what} (null: {null}, missing: {missing})")
    return len(how["odd"])


def okta(how, spec_path):
    import jsonschema

    with open(spec_path, encoding="utf-8") as file:
        spec = json.load(file)
    headers = {"Authorization": "SSWS " + how["token"]}
    checked = 0

    def fits(value, definition, many=True):
        reference = {"$ref": "#/definitions/" + definition}
        schema = {"definitions": spec["definitions"], **({"type": "array", "items": reference} if many else reference)}
        jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())

    def check(url, definition, many=True):
        nonlocal checked
        status, answer_headers, value = ask(url, headers)
        expect(status == 200, f"{url}: {status}")
        fits(value, definition, many)
        checked += len(value) if many else 1
        return answer_headers, value

    # A list without a filter leaves DEPROVISIONED people out, and every page but the last names the next.
    people, url = 0, how["url"] + "/api/v1/users?limit=200"
    while url:
        answer_headers, page = check(url, "User")
        people += len(page)
        links = [link for link in answer_headers.get_all("Link") if 'rel="next"' in link]
        expect(any('rel="self"' in link for link in answer_headers.get_all("Link")), "a page without its own link")
        url = links[0][1 : links[0].index(">")] if links else None
    expect(people == 450, f"{people} people in pages of 200")
    _, groups = check(how["url"] + "/api/v1/groups?limit=200", "Group")
    _, members = check(how["url"] + "/api/v1/groups/" + groups[0]["id"] + "/users?limit=1000", "User")
    checked += check_odd_values(how, {
        "/api/v1/users?": (page, lambda it: fits(it, "User")),
        "/api/v1/groups?": (groups, lambda it: fits(it, "Group")),
        "/api/v1/groups/": (members, lambda it: fits(it, "User")),
    })
    _, found = check(how["url"] + "/api/v1/users?limit=1", "User")
    check(how["url"] + "/api/v1/users/" + found[0]["id"], "User", many=False)
    status, _, refusal = ask(how["url"] + "/api/v1/users/00u0", headers)
    expect(status == 404 and refusal["errorCode"] == "E0000007", "an unknown person is E0000007")
    status, _, refusal = ask(how["url"] + "/api/v1/users", {"Authorization": "SSWS wrong"})
    expect(status == 401 and refusal["errorCode"] == "E0000011", "a wrong token is E0000011")
    status, _, _ = ask(how["url"] + "/api/v1/users?filter=status+pr", headers)
    expect(status == 400, "a filter that is not understood is refused")
    for name in ["X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"]:
        expect(answer_headers[name] is not None, name)
    # Every property that the stand-in invents beside the description would be a mistake of ours.
    known = set(spec["definitions"]["User"]["properties"])
    expect(set(found[0]) <= known, f"unknown properties: {set(found[0]) - known}")
    return checked


def onelogin(how, _):
    from onelogin import ApiClient, Configuration
    from onelogin.api import GroupsApi, RolesApi, UsersV2Api
    from onelogin.models.role import Role
    from onelogin.models.user import User

    pair = base64.b64encode(f"{how['client_id']}:{how['client_secret']}".encode()).decode()
    headers = {"Authorization": "Basic " + pair, "Content-Type": "application/json"}
    grant = json.dumps({"grant_type": "client_credentials"}).encode()
    status, _, token = ask(how["url"] + "/auth/oauth2/v2/token", headers, grant)
    expect(status == 200 and token["token_type"] == "bearer", "a token for client credentials")
    configuration = Configuration(host=how["url"])
    client = ApiClient(configuration)
    client.set_default_header("Authorization", "Bearer " + token["access_token"])
    checked = 0

    # The vendor's client follows the cursors to the end.
    def pages(call, model, total):
        nonlocal checked
        cursor, found = None, []
        while True:
            answer = call(**({"cursor": cursor} if cursor else {"limit": 50}))
            expect(all(isinstance(item, model) for item in answer.data), "the client's own model")
            found += [item.id for item in answer.data]
            expect(int(answer.headers["Total-Count"]) == total, "the total of the list")
            cursor = answer.headers.get("After-Cursor")
            if not cursor:
                break
        checked += len(found)
        expect(len(set(found)) == total, f"{len(set(found))} of {total} by the vendor's client")
        return found

    users = UsersV2Api(client)
    ids = pages(users.list_users2_with_http_info, User, 120)
    for since, total in [("2020-01-01T00:00:00.000Z", 120), ("2040-01-01T00:00:00.000Z", 0)]:
        answer = users.list_users2_with_http_info(updated_since=since)
        expect(int(answer.headers["Total-Count"]) == total, f"who changed since {since}")
    roles = RolesApi(client)
    role_ids = pages(roles.list_roles_with_http_info, Role, 60)
    one = users.get_user2(user_id=ids[0])
    expect(one.id == ids[0], "one person by id")
    bearer = {"Authorization": "Bearer " + token["access_token"]}
    status, answer_headers, members = ask(f"{how['url']}/api/2/roles/{role_ids[0]}/users?limit=650", bearer)
    expect(status == 200 and len(members) == int(answer_headers["Total-Count"]) == 30, "the people of a role")
    people = ask(f"{how['url']}/api/2/users?limit=2", bearer)[2]
    found = ask(f"{how['url']}/api/2/roles?limit=2", bearer)[2]
    checked += check_odd_values(how, {
        "/api/2/users?": (people, lambda it: [User.model_validate(item) for item in it]),
        "/api/2/roles?": (found, lambda it: [Role.model_validate(item) for item in it]),
        "/api/2/roles/": (members, lambda it: [User.model_validate(item) for item in it]),
    })
    groups = GroupsApi(client).get_groups_with_http_info()
    expect(groups.status_code == 200, "groups by the vendor's client")
    status, _, refusal = ask(how["url"] + "/api/2/users/7", bearer)
    expect(status == 404 and refusal["name"] == "NotFoundError", "an unknown person")
    for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]:
        expect(answer_headers[name] is not None, name)
    return checked


def graph(how, cut_path):
    import jsonschema

    with open(cut_path, encoding="utf-8") as file:
        cut = json.load(file)
    checked = 0

    def validate(value, path):
        schema = {"definitions": cut["definitions"], **cut["answers"][path]}
        jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())

    def fits(value, path):
        nonlocal checked
        validate(value, path)
        items = value.get("value", [value]) if isinstance(value, dict) else []
        for item in items:
            # Besides annotations nothing but what the description knows.
            unknown = {name for name in item if "@" not in name} - known
            expect(path == "error" or not unknown, f"{path}: unknown properties {unknown}")
        checked += len(items)

    known = set()
    for definition in cut["definitions"].values():
        for part in [definition, *definition.get("allOf", [])]:
            known |= set(part.get("properties", {}))
    form = (
        f"grant_type=client_credentials&client_id={how['application_id']}&client_secret={how['secret']}"
        f"&scope={how['url']}/.default"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, token = ask(f"{how['url']}/{how['tenant']}/oauth2/v2.0/token", headers, form.encode())
    expect(status == 200 and token["token_type"] == "Bearer", "a token for client credentials")
    bearer = {"Authorization": "Bearer " + token["access_token"], "Content-Type": "application/json"}

    def pages(target, path, link="@odata.nextLink"):
        """All entries of a list, and the last page."""
        url, entries = how["url"] + "/v1.0" + target, []
        while url:
            status, _, page = ask(url, bearer)
            expect(status == 200, f"{url}: {status}")
            fits(page, path)
            entries += page["value"]
            url = page.get(link)
        return entries, page

    people, _ = pages("/users?$select=id,mail,userPrincipalName,accountEnabled,userType&$top=999", "/users")
    expect(len(people) == 2100, f"{len(people)} people in pages of 999")
    expect(set(people[0]) == {"id", "mail", "userPrincipalName", "accountEnabled", "userType"}, "what $select names")
    deleted, _ = pages(
        "/directory/deletedItems/microsoft.graph.user?$select=id", "/directory/deletedItems/microsoft.graph.user"
    )
    expect(len(deleted) == 1, "somebody who can be restored")
    groups, _ = pages("/groups?$select=id,displayName&$top=999", "/groups")
    members, _ = pages(f"/groups/{groups[1]['id']}/members?$select=id", "/groups/{group-id}/members")
    expect({member["@odata.type"] for member in members} >= {"#microsoft.graph.user"}, "types where they are mixed")
    for name, select in [("users", "id,mail,userPrincipalName,accountEnabled,userType"), ("groups", "id,displayName,members")]:
        path = f"/{name}/microsoft.graph.delta()"
        entries, last = pages(f"/{name}/delta?$select={select}", path)
        expect(len({entry["id"] for entry in entries}) >= len(groups), f"everything by the delta of {name}")
        link = last["@odata.deltaLink"]
        status, _, page = ask(link, bearer)
        expect(status == 200 and page["value"] == [] and "@odata.deltaLink" in page, "nothing changed")
        fits(page, path)
        status, _, gone = ask(link + "x", bearer)
        expect(status == 410 and gone["error"]["code"] == "syncStateNotFound", "a token that is not known")
        fits(gone, "error")
    status, _, refused = ask(how["url"] + "/v1.0/users/delta?$top=5", bearer)
    expect(status == 400, "no $top with change tracking")
    fits(refused, "error")
    paths = [f"/users/{people[0]['id']}?$select=id", "/users/00000000-0000-4000-8000-00000000ffff"]
    requests = [{"id": str(number), "method": "GET", "url": path} for number, path in enumerate(paths)]
    status, _, batch = ask(how["url"] + "/v1.0/$batch", bearer, json.dumps({"requests": requests}).encode())
    found = {item["id"]: item for item in batch["responses"]}
    expect(status == 200 and found["0"]["status"] == 200 and found["1"]["status"] == 404, "each with its own status")
    fits(found["0"]["body"], "/users/{user-id}")
    fits(found["1"]["body"], "error")
    select = "$select=id,mail,userPrincipalName,accountEnabled,userType,employeeId,displayName"
    deleted_path = "/directory/deletedItems/microsoft.graph.user"
    targets = {
        "/v1.0/users?": (f"/users?{select}", "/users"),
        "/v1.0/groups?": ("/groups?$select=id,displayName,visibility", "/groups"),
        "/v1.0/directory/deletedItems": (f"{deleted_path}?$select=id", deleted_path),
    }
    checked += check_odd_values(how, {
        begins: (ask(how["url"] + "/v1.0" + target, bearer)[2], lambda it, path=path: validate(it, path))
        for begins, (target, path) in targets.items()
    })
    for refused in how["refusals"]:
        fits(refused, "error")
    status, _, refused = ask(how["url"] + "/v1.0/users", {"Authorization": "Bearer wrong"})
    expect(status == 401 and refused["error"]["code"] == "InvalidAuthenticationToken", "a token that is not known")
    fits(refused, "error")
    return checked


def google(how, discovery_path):
    import google_auth_httplib2
    import httplib2
    import jsonschema
    from google.oauth2 import service_account
    from googleapiclient.discovery import build_from_document
    from googleapiclient.errors import HttpError

    with open(discovery_path, encoding="utf-8") as file:
        discovery = json.load(file)

    def as_json_schema(value):
        """The discovery document's schemas: references are names, `any` is anything, a list of properties is complete."""
        if isinstance(value, list):
            return [as_json_schema(item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            return {"$ref": "#/definitions/" + value["$ref"]}
        kept = ["type", "format", "properties", "items", "enum", "additionalProperties"]
        schema = {key: value[key] for key in kept if key in value}
        if schema.get("type") == "any":
            del schema["type"]
        if isinstance(schema.get("properties"), dict):
            schema["properties"] = {name: as_json_schema(it) for name, it in schema["properties"].items()}
            schema.setdefault("additionalProperties", False)
        for key in ["items", "additionalProperties"]:
            if isinstance(schema.get(key), dict):
                schema[key] = as_json_schema(schema[key])
        return schema

    definitions = {name: as_json_schema(schema) for name, schema in discovery["schemas"].items()}
    validators = {
        name: jsonschema.Draft202012Validator({"definitions": definitions, "$ref": "#/definitions/" + name})
        for name in definitions
    }
    checked = 0

    def check(value, schema):
        nonlocal checked
        validators[schema].validate(value)
        expected = discovery["schemas"][schema]["properties"]["kind"].get("default")
        expect(value["kind"] == expected, f"{schema}: {value['kind']} in the place of {expected}")
        checked += 1

    # What `fields` may choose from are properties of the vendor's own.
    for schema, names in how["properties"].items():
        unknown = set(names) - set(discovery["schemas"][schema]["properties"])
        expect(not unknown, f"{schema} has no {unknown}")

    # The vendor's own sign-in signs the assertion, and the vendor's own client turns the pages.
    scopes = ["user.readonly", "group.readonly", "group.member.readonly"]
    scopes = ["https://www.googleapis.com/auth/admin.directory." + scope for scope in scopes]

    def client(subject, scopes):
        credentials = service_account.Credentials.from_service_account_info(how["key_file"], scopes=scopes)
        http = google_auth_httplib2.AuthorizedHttp(credentials.with_subject(subject), http=httplib2.Http(timeout=20))
        return build_from_document(discovery, http=http, client_options={"api_endpoint": how["url"]})

    directory = client(how["admin"], scopes)

    def pages(resource, list_name, schema, entry, largest, **arguments):
        request, found, sizes = resource.list(maxResults=largest, **arguments), [], []
        while request is not None:
            answer = request.execute()
            check(answer, schema)
            entries = answer.get(list_name, [])
            for it in entries:
                check(it, entry)
            sizes.append(len(entries))
            found += entries
            request = resource.list_next(request, answer)
        expect(all(size == largest for size in sizes[:-1]), f"pages of {sizes}")
        return found

    users = pages(directory.users(), "users", "Users", "User", 500, customer="my_customer")
    expect(len({user["id"] for user in users}) == 1202, f"{len(users)} people")
    deleted = pages(directory.users(), "users", "Users", "User", 500, domain="example.test", showDeleted="true")
    expect([user["primaryEmail"] for user in deleted] == ["person3@example.test"] and deleted[0]["deletionTime"], "the deleted")
    groups = pages(directory.groups(), "groups", "Groups", "Group", 200, customer="my_customer")
    expect(len(groups) == 212, f"{len(groups)} groups")
    members = pages(directory.members(), "members", "Members", "Member", 200, groupKey=groups[0]["id"])
    expect(len(members) == 449 and {it["status"] for it in members} == {"ACTIVE", "SUSPENDED"}, "who is in the first group")
    kinds = pages(directory.members(), "members", "Members", "Member", 200, groupKey=groups[2]["email"])
    expect([it["type"] for it in kinds] == ["GROUP", "CUSTOMER", "USER", "EXTERNAL"], "types of members")
    expect(len(directory.users().list(customer="my_customer").execute()["users"]) == 100, "the usual page of people")
    for query, count in [("orgUnitPath='/Field Sales'", 1), ("isSuspended=true", 1), ("email:person12*", 14)]:
        found = pages(directory.users(), "users", "Users", "User", 500, customer="my_customer", query=query)
        expect(len(found) == count, f"{query}: {len(found)}")
    for key in [users[0]["id"], users[0]["primaryEmail"], "alias@example.test"]:
        expect(directory.users().get(userKey=key).execute()["id"] == users[0]["id"], f"{key} by id or address")
    members_of = directory.members().list(groupKey=groups[0]["id"])
    checked += check_odd_values(how, {
        "/admin/directory/v1/" + begins: (request.execute(), validators[schema].validate)
        for begins, request, schema in [
            ("users?", directory.users().list(customer="my_customer"), "Users"),
            ("groups?", directory.groups().list(customer="my_customer"), "Groups"),
            ("groups/", members_of, "Members"),
        ]
    })
    part = directory.users().list(customer="my_customer", maxResults=1, fields="kind,users(id,name/fullName)").execute()
    expect(set(part) == {"kind", "users"} and set(part["users"][0]) == {"id", "name"}, "a partial answer")

    def refused(status, reason, request):
        try:
            request.execute()
        except HttpError as error:
            expect(error.status_code == status, f"{error.status_code} in the place of {status}")
            expect(reason in str(error.error_details), f"{error.error_details} in the place of {reason}")
            return
        raise SystemExit(f"FAILED: {reason} was not refused")

    refused(404, "notFound", directory.users().get(userKey="19"))
    refused(404, "notFound", directory.users().get(userKey=deleted[0]["id"]))
    refused(404, "notFound", directory.members().list(groupKey="nobody@example.test"))
    refused(404, "notFound", directory.users().list(domain="elsewhere.test"))
    refused(400, "badRequest", directory.users().list())
    refused(400, "invalid", directory.users().list(customer="my_customer", query="shoeSize=44"))
    refused(400, "invalidParameter", directory.users().list(customer="my_customer", maxResults=501))
    refused(400, "invalidParameter", directory.users().list(customer="my_customer", fields="users(ident)"))
    refused(403, "insufficientPermissions", client(how["admin"], scopes[:1]).groups().list(customer="my_customer"))
    from google.auth.exceptions import RefreshError

    for subject, asked, words in [
        ("nobody@example.test", scopes, "Invalid email or User ID"),
        (how["admin"], scopes + ["https://www.googleapis.com/auth/admin.directory.user"], "unauthorized"),
    ]:
        try:
            client(subject, asked).users().list(customer="my_customer").execute()
        except RefreshError as error:
            expect(words in str(error), f"{error} in the place of {words}")
        else:
            raise SystemExit(f"FAILED: a token for {subject}")
    return checked


SERVICES = {"okta": okta, "onelogin": onelogin, "graph": graph, "google": google}


def main():
    program, okta_spec, graph_cut, google_discovery = sys.argv[1:5]
    descriptions = {"okta": okta_spec, "graph": graph_cut, "google": google_discovery}
    for name, check in SERVICES.items():
        with served(program, name) as how:
            print(f"{name}: {check(how, descriptions.get(name))} entries fit the vendor's description")


if __name__ == "__main__":
    main()
