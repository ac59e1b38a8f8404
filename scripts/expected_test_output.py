#!/usr/bin/python3
"""Says what `bwdc test` must print for a directory, or what the first `bwdc sync` must post.

A second opinion: written from the words of the contract, on the server's own answers and on ICU's C library, without a
look at the Rust code. Needs Debian's python3 and python3-icu.

    ldapsearch -LLL -o ldif-wrap=no … '(objectClass=person)' mail uid objectGUID userAccountControl > users.ldif
    ldapsearch -LLL -o ldif-wrap=no … '(objectClass=groupOfNames)' cn member objectGUID > groups.ldif
    expected_test_output.py users.ldif groups.ldif [--pretty | --import]
"""

import argparse
import base64
import json
import re
import sys

import icu

LONGEST_ADDRESS = 256
ACCOUNT_DISABLED = 2
JAVASCRIPT_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def read_ldif(path):
    """Yields (dn, {attribute name in lower case: [value in bytes, …]}) in the file's order."""
    with open(path, "rb") as file:
        text = file.read().replace(b"\r\n", b"\n").replace(b"\n ", b"")
    for block in text.split(b"\n\n"):
        dn, attributes = None, {}
        for line in block.split(b"\n"):
            if not line or line.startswith(b"#"):
                continue
            name, _, rest = line.partition(b":")
            if rest.startswith(b":"):
                value = base64.b64decode(rest[1:].strip())
            else:
                value = rest[1:] if rest.startswith(b" ") else rest
            name = name.decode().lower()
            if name == "dn":
                dn = value.decode()
            elif dn is not None:
                attributes.setdefault(name, []).append(value)
        if dn is not None:
            yield dn, attributes


def values(attributes, name):
    return [value.decode() for value in attributes.get(name.lower(), [])]


def first(attributes, name):
    found = values(attributes, name)
    return found[0] if found else None


def dn_with_hex_escapes(dn):
    """Spells every escaped character as a backslash and two hex digits; what is a hex pair already stays."""
    def spell(match):
        return match.group(0) if match.group(1) else "\\%02X" % ord(match.group(2))

    return re.sub(r"\\(?:([0-9A-Fa-f]{2})|(.))", spell, dn, flags=re.DOTALL)


def dn_key(dn):
    """Turns a distinguished name (RFC 4514) into something that is equal for equal names; None if it is none."""
    rdns, pairs, name, value, in_value = [], [], bytearray(), bytearray(), False
    kept = 0  # how much of `value` an escape protects from the cutting of blanks at the end
    raw = dn.encode()
    if not raw.strip():
        return ()
    i = 0

    def finish_pair():
        nonlocal name, value, in_value, kept
        if not in_value:
            raise ValueError(dn)
        end = len(value)
        while end > kept and value[end - 1:end] == b" ":
            end -= 1
        attribute = name.decode().strip().lower()
        if not attribute:
            raise ValueError(dn)
        pairs.append((attribute, value[:end].decode().lower()))
        name, value, in_value, kept = bytearray(), bytearray(), False, 0

    try:
        while i < len(raw):
            byte = raw[i:i + 1]
            if not in_value:
                if byte == b"=":
                    in_value = True
                    while raw[i + 1:i + 2] == b" ":
                        i += 1
                elif byte in b",+;\\\"":
                    return None
                else:
                    name += byte
            elif byte == b"\\":
                pair = raw[i + 1:i + 3]
                if re.fullmatch(rb"[0-9A-Fa-f]{2}", pair):
                    value.append(int(pair, 16))
                    i += 2
                elif len(pair) == 0:
                    return None
                else:
                    value += pair[:1]
                    i += 1
                kept = len(value)
            elif byte == b"+":
                finish_pair()
            elif byte in b",;":
                finish_pair()
                rdns.append(tuple(sorted(pairs)))
                pairs = []
            else:
                value += byte
            i += 1
        finish_pair()
    except (ValueError, UnicodeDecodeError):
        return None
    rdns.append(tuple(sorted(pairs)))
    return tuple(rdns)


def guid(raw):
    """Spells the sixteen bytes as Microsoft does: the first three fields are little-endian."""
    digits = [raw[i:i + 1].hex() for i in (3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15)]
    return "-".join("".join(digits[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 16)))


def external_id(dn, attributes):
    raw = attributes.get("objectguid", [])
    return guid(raw[0]) if raw and len(raw[0]) == 16 else dn_with_hex_escapes(dn)


def parse_int(text):
    """JavaScript's parseInt without a radix; None where that gives NaN."""
    text = text.lstrip(JAVASCRIPT_BLANKS)
    match = re.match(r"([+-]?)(?:0[xX]([0-9A-Fa-f]+)|([0-9]+))", text)
    if not match:
        return None
    sign, hexadecimal, decimal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return -number if sign == "-" else number


def utf16_length(text):
    return len(text.encode("utf-16-le")) // 2


def address_of(attributes, options):
    address = first(attributes, options.email_attribute)
    if address is None and options.email_prefix_attribute and options.email_suffix is not None:
        prefix = first(attributes, options.email_prefix_attribute)
        if prefix is not None:
            address = prefix + options.email_suffix
    return None if address is None else address.strip(JAVASCRIPT_BLANKS).lower()


def read_users(path, options):
    users = []
    for dn, attributes in read_ldif(path):
        control = first(attributes, "userAccountControl")
        number = parse_int(control) if control is not None else None
        users.append({
            "key": dn_key(dn),
            "uid": first(attributes, "uid"),
            "externalId": external_id(dn, attributes),
            "email": address_of(attributes, options),
            "disabled": number is not None and number & ACCOUNT_DISABLED != 0,
        })
    return users


def read_groups(path, users, options):
    found = list(read_ldif(path))
    by_name = {user["key"]: user for user in users}
    by_uid = {user["uid"].lower(): user for user in users if user["uid"] is not None}
    index_of_name = {dn_key(dn): index for index, (dn, _) in enumerate(found)}

    groups = []
    for dn, attributes in found:
        own, children = {}, set()
        for member in values(attributes, options.member_attribute):
            key = dn_key(member)
            person = by_name.get(key) if key is not None else None
            person = person or by_uid.get(member.lower())
            if person is not None:
                own[person["externalId"]] = None
            elif key in index_of_name:
                children.add(index_of_name[key])
        groups.append({
            "name": first(attributes, options.group_name_attribute) or first(attributes, "cn"),
            "externalId": external_id(dn, attributes),
            "own": own,
            "children": sorted(children),
        })
    return groups


def flatten(groups):
    """Gives every group its own people, then each child's with all below it, the children in the directory's order."""
    for root in range(len(groups)):
        people, visited, pending = {}, set(), [root]
        while pending:
            index = pending.pop()
            if index in visited:
                continue
            visited.add(index)
            people.update(groups[index]["own"])
            pending.extend(reversed(groups[index]["children"]))
        groups[root]["people"] = list(people)


def sort_key():
    collator = icu.Collator.createInstance(icu.Locale.getRoot())
    collator.setStrength(icu.Collator.PRIMARY)
    collator.setAttribute(icu.UCollAttribute.NUMERIC_COLLATION, icu.UCollAttributeValue.ON)
    return lambda shown: collator.getSortKey(shown["displayName"])


def check_unique(users):
    seen = set()
    for user in users:
        if user["email"] in seen:
            sys.exit("two people have the address %r: bwdc refuses this directory" % user["email"])
        seen.add(user["email"])


def test_output(groups, users):
    order = sort_key()

    def shown(chosen):
        return sorted(({"externalId": user["externalId"], "displayName": user["email"]} for user in chosen), key=order)

    return {
        "groups": sorted(
            ({"externalId": group["externalId"], "displayName": group["name"], "userIds": group["people"]}
             for group in groups),
            key=order,
        ),
        "enabledUsers": shown(user for user in users if not user["disabled"]),
        "disabledUsers": shown(user for user in users if user["disabled"]),
        "deletedUsers": [],
        "object": "test",
    }


def import_body(groups, users, options):
    return {
        "groups": [
            {"name": group["name"], "externalId": group["externalId"], "memberExternalIds": group["people"]}
            for group in groups
        ],
        "members": [
            {
                "email": user["email"],
                "externalId": user["externalId"],
                "deleted": options.remove_disabled and user["disabled"],
            }
            for user in users
        ],
        "overwriteExisting": options.overwrite_existing,
        "largeImport": False,
        "inviteUsersAfterProvisioning": options.invite,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("users", help="LDIF of the people that the server found")
    parser.add_argument("groups", help="LDIF of the groups that the server found")
    parser.add_argument("--email-attribute", default="mail")
    parser.add_argument("--email-prefix-attribute", help="build the address of who has none from this attribute …")
    parser.add_argument("--email-suffix", help="… and this ending")
    parser.add_argument("--group-name-attribute", default="cn")
    parser.add_argument("--member-attribute", default="member")
    parser.add_argument("--pretty", action="store_true", help="indent by two spaces, as `bwdc test --pretty` does")
    parser.add_argument("--import", dest="body", action="store_true", help="print what the first sync posts")
    parser.add_argument("--remove-disabled", action="store_true")
    parser.add_argument("--overwrite-existing", action="store_true")
    parser.add_argument("--invite", action="store_true", help="inviteUsersAfterProvisioning is on")
    options = parser.parse_args()

    users = read_users(options.users, options)
    groups = read_groups(options.groups, users, options)
    flatten(groups)
    kept = [user for user in users if user["email"] is not None and utf16_length(user["email"]) <= LONGEST_ADDRESS]
    check_unique(kept)

    answer = import_body(groups, kept, options) if options.body else test_output(groups, kept)
    layout = {"indent": 2} if options.pretty else {"separators": (",", ":")}
    end = "" if options.body else "\n"
    sys.stdout.buffer.write((json.dumps(answer, ensure_ascii=False, **layout) + end).encode())


if __name__ == "__main__":
    main()
