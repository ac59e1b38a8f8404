#!/usr/bin/env python3
"""Reads an Okta organization that somebody else wrote: the emulator of npm's `emulate`.

    check_emulator.py NODE EMULATE BWDC CLOUD

NODE is a node of version 22 or later, EMULATE the emulator's main file, BWDC the program,
CLOUD the program of `crates/sandbox/examples/cloud`, for an organization to log in to. The emulator is filled through its
own API, and what `bwdc test` says of it is held against what was put in. It pages by number and leaves the Link header off
lists that fit into one page, which Okta never does and the connector rightly refuses: a proxy adds the header there, and
nothing else.
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from check_fakes import expect, served

TOKEN = "emulated-token"
PEOPLE = 75
GROUPS = 4


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(method, url, body=None):
    """The JSON of an answer that must be a success."""
    headers = {"Authorization": "SSWS " + TOKEN, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes GET requests on; a list without a Link header gets one that names the list itself."""

    protocol_version = "HTTP/1.1"
    emulator = ""
    seen = []

    def do_GET(self):
        Proxy.seen.append(self.path)
        headers = {name: self.headers[name] for name in ("Authorization", "Host") if self.headers[name]}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(Proxy.emulator + self.path, headers=headers), timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
            here = f"http://{self.headers['Host']}"
            links = [it.replace(Proxy.emulator, here) for it in answer.headers.get_all("Link") or []]
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for link in links or [f'<{here}{self.path}>; rel="self"']:
                self.send_header("Link", link)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def fill(url):
    """Puts people and groups in; returns the addresses by group."""
    for _ in range(200):
        try:
            ask("GET", url + "/api/v1/groups")
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    for user in ask("GET", url + "/api/v1/users"):
        ask("POST", f"{url}/api/v1/users/{user['id']}/lifecycle/deactivate")
        ask("DELETE", f"{url}/api/v1/users/{user['id']}")
    ids = {}
    for number in range(PEOPLE):
        address = f"person{number}@corp.test"
        profile = {"login": address, "email": address, "firstName": f"First{number}", "lastName": "Person"}
        ids[address] = ask("POST", url + "/api/v1/users?activate=true", {"profile": profile})["id"]
    members = {}
    for number in range(GROUPS):
        name = f"Team {number}"
        group = ask("POST", url + "/api/v1/groups", {"profile": {"name": name}})["id"]
        members[name] = [f"person{it}@corp.test" for it in range(number, PEOPLE, 7)]
        for address in members[name]:
            ask("PUT", f"{url}/api/v1/groups/{group}/users/{ids[address]}")
    return members


def connector(bwdc, home, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "BITWARDENCLI_CONNECTOR_APPDATA_DIR": home}
    done = subprocess.run([bwdc, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)
    expect(done.returncode == 0, f"bwdc {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def main(node, emulate, bwdc, cloud):
    port = free_port()
    emulator = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [node, emulate, "start", "--service", "okta", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        members = fill(emulator)
        Proxy.emulator = emulator
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as home, served(cloud, "organization") as organization:
            connector(bwdc, home, "config", "server", organization["url"])
            connector(bwdc, home, "login", organization["client_id"], organization["client_secret"])
            token = os.path.join(home, "token")
            with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(TOKEN)
            connector(bwdc, home, "config", "directory", "3")
            connector(bwdc, home, "config", "okta.orgUrl", f"http://127.0.0.1:{proxy.server_port}")
            connector(bwdc, home, "config", "okta.token", "--secretfile", token)
            connector(bwdc, home, "config", "sync.users", "true")
            connector(bwdc, home, "config", "sync.groups", "true")
            result = json.loads(connector(bwdc, home, "test", "--response"))["data"]
        proxy.shutdown()
    finally:
        process.terminate()
        process.wait(timeout=20)
    addresses = {user["externalId"]: user["displayName"] for user in result["enabledUsers"]}
    people = sorted(addresses.values())
    expect(people == sorted(f"person{it}@corp.test" for it in range(PEOPLE)), f"people: {people}")
    groups = {group["displayName"]: sorted(addresses[it] for it in group["userIds"]) for group in result["groups"]}
    for name, listed in members.items():
        expect(groups.get(name) == sorted(listed), f"{name}: {groups.get(name)}, not {sorted(listed)}")
    pages = sum("/users?" in path and "page=" in path and "/groups/" not in path for path in Proxy.seen)
    expect(pages >= 2, f"the list of people came in one page: {Proxy.seen}")
    print(f"okta by npm's emulate: {len(people)} people, {len(members)} groups, {len(Proxy.seen)} requests")


if __name__ == "__main__":
    main(*sys.argv[1:])
