"""Ways to spoil a request: wrong types, lengths, numbers, names, nesting, enums, UTF-8 and expressions.

A body is a tree of Python values. Raw stands for bytes that are written as they are, so that what no JSON library writes can be
said too. Spoiling is a pure function of the random generator, so a seed repeats everything.
"""
import json


class Raw:
    """Bytes of JSON, or of what is not."""

    def __init__(self, text):
        self.bytes = text if isinstance(text, bytes) else text.encode()


class Twice:
    """Two members of an object under one name."""

    def __init__(self, first, second):
        self.values = (first, second)


def dump(value, out):
    if isinstance(value, Raw):
        out.append(value.bytes)
    elif isinstance(value, Twice):
        dump(value.values[0], out)
    elif isinstance(value, dict):
        out.append(b"{")
        first = True
        for name, member in value.items():
            for one in member.values if isinstance(member, Twice) else (member,):
                out.append(b"" if first else b",")
                first = False
                dump(name, out)
                out.append(b":")
                dump(one, out)
        out.append(b"}")
    elif isinstance(value, (list, tuple)):
        out.append(b"[")
        for i, element in enumerate(value):
            out.append(b"," if i else b"")
            dump(element, out)
        out.append(b"]")
    else:
        out.append(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def body_bytes(value):
    out = []
    dump(value, out)
    return b"".join(out)


# ---- where ----

def places(value, found, parent=None, at=None):
    """Every (parent, key) in the tree."""
    if parent is not None:
        found.append((parent, at))
    if isinstance(value, dict):
        for name in value:
            places(value[name], found, value, name)
    elif isinstance(value, list):
        for i, element in enumerate(value):
            places(element, found, value, i)
    return found


# ---- what instead ----

def nested(rng):
    depth = rng.choice([5, 31, 32, 33, 40, 200, 900, 5000])
    kind = rng.choice(["L", "M", "raw list", "raw object"])
    if kind == "L":
        return Raw('{"L":[' * depth + '{"S":"x"}' + "]}" * depth)
    if kind == "M":
        return Raw('{"M":{"a":' * depth + '{"S":"x"}' + "}}" * depth)
    return Raw("[" * depth + "]" * depth) if kind == "raw list" else Raw('{"a":' * depth + "1" + "}" * depth)


ODD_TEXT = ["", " ", "\x00", "\n", "é", "\u2028", "\ufeff", "𝄞" * 3, "\u202eabc", "a\u0301", "%s%n", "../..", "'; DROP", '"',
            "\\", "\uffff", "null", "true", "0", "-1", "pk", "#n", ":n", "Plain", "arn:aws:dynamodb:::table/", "arn:aws:"]
ODD_BYTES = [b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\xf4\x90\x80\x80"',
             b'"abc', b"'x'", b'"\\x41"', b'"\x01"', b"nul", b"NaN", b"Infinity", b"-", b"01", b"1.", b".5", b"+1", b"1e", b"0x10",
             b"1e400", b"-1e-400", b"9" * 400, b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616",
             b"1e5", b"1.0", b"0.1", b"-0", b"2147483648", b"[,]", b"{,}", b'{"a":1,}', b"[1 2]", b""]
ODD_NUMBERS = ["", "-", ".", "1.", ".5", "1e", "1e999999999999", "-1E-131", "1E126", "NaN", "Infinity", "0x1", " 1", "1 ", "1,5",
               "9" * 38, "9" * 39, "0." + "0" * 130 + "1", "--1", "1e+", "+", "00001", "-0.0", "1" * 5000, "１２"]


def other(rng, old):
    """Something else in the place of a value."""
    roll = rng.randrange(12)
    if roll == 0:
        return rng.choice([None, True, False])
    if roll == 1:
        return rng.choice([0, -1, 1, 2, 101, 10**6, 2**31 - 1, 2**31, 2**53 + 1, 10**12 + 1, 2**63 - 1, -2**63, 0.5])
    if roll == 2:
        return rng.choice(ODD_TEXT)
    if roll == 3:
        return rng.choice([[], {}, [None], [[]], {"": None}, {"S": None}, [{}], {"a": {}}])
    if roll == 4:
        return Raw(rng.choice(ODD_BYTES))
    if roll == 5:
        return nested(rng)
    if roll == 6:
        return rng.choice(["x", "é"]) * rng.choice([3, 128, 255, 256, 1025, 2049, 4097, 8193, 70000])
    if roll == 7 and isinstance(old, list) and old:
        return old * rng.choice([2, 26, 101, 200])
    if roll == 8 and isinstance(old, dict) and old:
        name = rng.choice(list(old))
        return {**old, **{f"{name}{i}": old[name] for i in range(rng.choice([1, 30, 300]))}}
    if roll == 9:
        return [old]
    if roll == 10:
        return {rng.choice(["S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL", "X"]): rng.choice(
            [old, rng.choice(ODD_NUMBERS), ["a", "a"], ["1", "1.0"], [], False, "====", "YQ"])}
    return spoiled_text(rng, old) if isinstance(old, str) else old


PIECES = [" AND ", " OR ", "NOT ", "(", ")", ",", ".", "[", "]", "[0]", "[99999999999999999999]", "[-1]", "#", ":", "#n", ":n", "=", "<>",
          "<", "BETWEEN", " IN ", "SET ", "REMOVE ", "ADD ", "DELETE ", "size(", "contains(", "if_not_exists(", "list_append(",
          "attribute_type(", "+", "-", "*", "?", "'", '"', "''", "SELECT ", "FROM ", "WHERE ", "VALUE ", "{", "}", "<<", ">>", "1e5",
          "NULL", "MISSING", "IS ", "--", "/*", "\x00", "é", "pk", "sk", " ", "\t", "RETURNING ", "ALL ", "EXISTS(", ";", "||", "%"]


def spoiled_text(rng, text):
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(text) + 1)
        roll = rng.randrange(7)
        if roll == 0:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif roll == 1:
            text = text[:at] + text[at + rng.randrange(1, 9):]
        elif roll == 2:
            text = text[:at]
        elif roll == 3:
            text = text.swapcase()
        elif roll == 4:
            text = text + " AND " + text if len(text) < 3000 else text
        elif roll == 5:
            piece = rng.choice(PIECES)
            text = text[:at] + piece * rng.choice([2, 50, 310]) + text[at:]
        else:
            words = text.split(" ")
            rng.shuffle(words)
            text = " ".join(words)
    return text


# ---- spoiling ----

def spoil_once(rng, body, donor):
    found = places(body, [])
    if not found:
        body["Extra"] = other(rng, "x")
        return
    parent, at = rng.choice(found)
    old = parent[at]
    roll = rng.randrange(20)
    texts = [(p, k) for p, k in found if isinstance(p[k], str)]
    if roll < 7:
        parent[at] = other(rng, old)
    elif roll < 12 and texts:
        parent, at = rng.choice([t for t in texts if "xpression" in str(t[1]) or t[1] == "Statement"] or texts)
        parent[at] = spoiled_text(rng, parent[at])
    elif roll < 14:
        del parent[at]
    elif roll < 15 and isinstance(parent, dict):
        parent[rng.choice(ODD_TEXT + ["Extra", str(at).lower(), str(at) + "s"])] = parent.pop(at)
    elif roll < 16 and isinstance(parent, dict):
        parent[at] = Twice(old, other(rng, old))
    elif roll < 18:
        there, place = rng.choice(found)
        if there is not parent:
            parent[at] = there[place] if not isinstance(there[place], (dict, list)) else json.loads(
                json.dumps(there[place], default=lambda _: None))
    elif isinstance(parent, dict):
        name = rng.choice(list(donor) or ["Extra"])
        parent[name] = json.loads(json.dumps(donor.get(name)))
    else:
        parent.insert(rng.randrange(len(parent) + 1), other(rng, old))


def spoil_bytes(rng, data):
    roll = rng.randrange(6)
    at = rng.randrange(len(data) + 1)
    if roll == 0:
        return data[:at]
    if roll == 1:
        return data + rng.choice([b"x", b"}", b"{}", b"\x00", b" \n\t"])
    if roll == 2 and data:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]
    if roll == 3:
        return rng.choice([b"[]", b"null", b"1", b'"x"', b"{}", b"{", b"\xef\xbb\xbf{}", b"true"])
    if roll == 4:
        return data[:at] + data[at + rng.randrange(1, 20):]
    return data[:at] + data[rng.randrange(len(data) + 1):]


def spoiled(rng, body, donor):
    """The bytes of a body with one mistake, or a few; sometimes with none."""
    if rng.random() < 0.08:
        return body_bytes(body)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        spoil_once(rng, body, donor)
    data = body_bytes(body)
    return spoil_bytes(rng, data) if rng.random() < 0.05 else data
