#!/usr/bin/env python3
"""Checks the stand-ins for cloud services against what the vendors publish.

    check_fakes.py CLOUD OKTA_SPEC

CLOUD is the program of `crates/sandbox/examples/cloud.rs`, OKTA_SPEC the description of Okta's API. Each service is started,
asked for every kind of answer that the connector reads, and every answer is held against the vendor's own description:
Okta's as JSON Schema, OneLogin's by the models of its Python client, which also pages through the stand-in. To add a service,
add its name to the program and a function to SERVICES.
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


def okta(how, spec_path):
    import jsonschema

    with open(spec_path, encoding="utf-8") as file:
        spec = json.load(file)
    headers = {"Authorization": "SSWS " + how["token"]}
    checked = 0

    def check(url, definition, many=True):
        nonlocal checked
        status, answer_headers, value = ask(url, headers)
        expect(status == 200, f"{url}: {status}")
        reference = {"$ref": "#/definitions/" + definition}
        schema = {"definitions": spec["definitions"], **({"type": "array", "items": reference} if many else reference)}
        jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
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
    check(how["url"] + "/api/v1/groups/" + groups[0]["id"] + "/users?limit=1000", "User")
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
            answer = call(limit=50, **({"cursor": cursor} if cursor else {}))
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
    roles = RolesApi(client)
    role_ids = pages(roles.list_roles_with_http_info, Role, 60)
    one = users.get_user2(user_id=ids[0])
    expect(one.id == ids[0], "one person by id")
    bearer = {"Authorization": "Bearer " + token["access_token"]}
    status, answer_headers, members = ask(f"{how['url']}/api/2/roles/{role_ids[0]}/users?limit=650", bearer)
    expect(status == 200 and len(members) == int(answer_headers["Total-Count"]) == 30, "the people of a role")
    groups = GroupsApi(client).get_groups_with_http_info()
    expect(groups.status_code == 200, "groups by the vendor's client")
    status, _, refusal = ask(how["url"] + "/api/2/users/7", bearer)
    expect(status == 404 and refusal["name"] == "NotFoundError", "an unknown person")
    for name in ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]:
        expect(answer_headers[name] is not None, name)
    return checked


SERVICES = {"okta": okta, "onelogin": onelogin}


def main():
    program, okta_spec = sys.argv[1:3]
    descriptions = {"okta": okta_spec}
    for name, check in SERVICES.items():
        with served(program, name) as how:
            print(f"{name}: {check(how, descriptions.get(name))} entries fit the vendor's description")


if __name__ == "__main__":
    main()
