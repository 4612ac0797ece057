# SPDX-License-Identifier: Apache-2.0
"""Specification files, good and hostile. Each maker writes into `folder` and returns the path to give to --spec."""

import json
import os


def _operation(summary, parameters=()):
    return {"summary": summary, "parameters": list(parameters), "responses": {"200": {"description": "ok"}}}


def document(hostile=True, **changes):
    """The OpenAPI document of the healthy API; `changes` replace top-level members."""
    item = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 1}
    paths = {"/status": {"get": _operation("How the service is")},
             "/items": {"get": _operation("All crates")},
             "/items/{id}": {"get": _operation("One crate", [item])}}
    if hostile:
        paths["/hostile"] = {"get": _operation("Crates of yesterday")}
    return {"openapi": "3.0.3", "info": {"title": "Crates", "version": "1"}, "paths": paths, **changes}


def _write(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def _json(folder, data, name="openapi.json"):
    return _write(folder, name, json.dumps(data, indent=1))


def good(folder, url):
    return _json(folder, document())


def plain(folder, url):
    return _json(folder, document(hostile=False))


def empty(folder, url):
    return _write(folder, "openapi.json", "")


def truncated_json(folder, url):
    return _write(folder, "openapi.json", json.dumps(document(), indent=1)[:-60])


def truncated_yaml(folder, url):
    return _write(folder, "openapi.yaml", 'openapi: 3.0.3\ninfo: {title: Crates, version: "1"}\npaths:\n'
                                          '  /items:\n    get:\n      responses: {"200": {description: "ok')


def one_gigabyte(folder, url):
    path = _write(folder, "openapi.json", '{"openapi": "3.0.3", "paths": {')
    os.truncate(path, 1 << 30)
    return path


def one_gigabyte_yaml(folder, url):
    path = _write(folder, "openapi.yaml", "openapi: 3.0.3\npaths:\n")
    os.truncate(path, 1 << 30)
    return path


def endless_device(folder, url):
    return "/dev/zero"


def folder_itself(folder, url):
    path = folder / "openapi.json"
    path.mkdir()
    return path


def binary(folder, url):
    return _write(folder, "openapi.json", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 64)


def fifo(folder, url):
    path = folder / "openapi.json"
    os.mkfifo(path)
    return path


def missing(folder, url):
    return folder / "not-there.json"


def unreadable(folder, url):
    path = good(folder, url)
    path.chmod(0)
    return path


def dangling_link(folder, url):
    path = folder / "openapi.json"
    path.symlink_to("openapi.json")
    return path


def no_paths(folder, url):
    return _json(folder, document(paths={}))


def not_a_spec(folder, url):
    return _json(folder, {"name": "crates", "version": "1.0.0", "dependencies": {}}, "package.json")


def deep_json(folder, url):
    return _write(folder, "openapi.json", '{"openapi":"3.0.3","x":' + "[" * 100000 + "]" * 100000 + "}")


def deep_yaml(folder, url):
    return _write(folder, "openapi.yaml", "openapi: 3.0.3\nx: " + "[" * 100000 + "]" * 100000 + "\n")


def alias_bomb(folder, url):
    lines = ["openapi: 3.0.3", 'info: {title: Crates, version: "1"}', "x-a0: &a0 [crate, crate]"]
    lines += [f"x-a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 12)]
    lines += ["paths:", "  /items:", "    get:", "      parameters: *a11",
              '      responses: {"200": {description: ok}}']
    return _write(folder, "openapi.yaml", "\n".join(lines) + "\n")


def self_alias(folder, url):
    return _write(folder, "openapi.yaml", 'openapi: 3.0.3\ninfo: {title: Crates, version: "1"}\n'
                                          "paths: &all\n  /items: *all\n")


def self_reference(folder, url):
    """A parameter that refers to itself, in one operation of four."""
    data = document()
    data["components"] = {"parameters": {"Me": {"$ref": "#/components/parameters/Me"}}}
    data["paths"]["/hostile"]["get"]["parameters"] = [{"$ref": "#/components/parameters/Me"}]
    return _json(folder, data)


def reference_cycle(folder, url):
    """Two path items that refer to each other, among good ones."""
    data = document()
    data["paths"]["/hostile"] = {"$ref": "#/paths/~1hostile2"}
    data["paths"]["/hostile2"] = {"$ref": "#/paths/~1hostile"}
    return _json(folder, data)


def schema_cycle(folder, url):
    """A schema that contains itself: legal, and common (trees, comments)."""
    data = document()
    data["components"] = {"schemas": {"Crate": {"type": "object", "properties": {
        "id": {"type": "integer"}, "inner": {"$ref": "#/components/schemas/Crate"}}}}}
    answer = {"200": {"description": "ok", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Crate"}}}}}
    data["paths"]["/items/{id}"]["get"]["responses"] = answer
    return _json(folder, data)


def broken_operation(folder, url):
    """Line 9 holds what no operation may be; the three others are good."""
    text = ('openapi: 3.0.3\ninfo: {title: Crates, version: "1"}\npaths:\n'
            '  /status:\n    get:\n      responses: {"200": {description: ok}}\n'
            "  /hostile:\n    get:\n      parameters: {name: 7, in: nowhere}\n"
            '      responses: {"200": {description: ok}}\n'
            '  /items:\n    get:\n      responses: {"200": {description: ok}}\n'
            "  /items/{id}:\n    get:\n      parameters:\n"
            "        - {name: id, in: path, required: true, schema: {type: integer}, example: 1}\n"
            '      responses: {"200": {description: ok}}\n')
    return _write(folder, "openapi.yaml", text)


def escapes(folder, url):
    """Terminal escapes in every text of a specification, and an operation that is broken besides."""
    bad = "\x1b[31m\x1b]0;owned\x07\x9b1A"
    data = document(info={"title": bad, "version": bad})
    data["paths"]["/items"]["get"] = {"summary": bad, "operationId": bad, "tags": [bad],
                                      "responses": {"200": {"description": bad}}}
    data["paths"]["/" + bad] = {"get": {"parameters": [{"name": bad, "in": bad}], "responses": bad}}
    return _json(folder, data)


def invalid_utf8(folder, url):
    data = json.dumps(document()).encode().replace(b"All crates", b"All \xff\xfe\xc0\xaf crates\x00")
    return _write(folder, "openapi.json", data)


def remote_reference(folder, url):
    """A $ref to another origin: reading a specification must not make requests there."""
    data = document()
    data["paths"]["/hostile"] = {"$ref": f"{url}/items"}
    return _json(folder, data)


def outside_reference(folder, url):
    """A $ref to a file outside the specification's folder."""
    data = document()
    data["paths"]["/hostile"] = {"$ref": "../../../../../../etc/passwd"}
    return _json(folder, data)


def servers_elsewhere(folder, url):
    return _json(folder, document(hostile=False, servers=[{"url": url}, {"url": f"{url}/v2"}]))


def many_operations(folder, url):
    """20,000 operations beside the good ones: a plan must be cut, not grow without end."""
    data = document(hostile=False)
    data["paths"].update({f"/made/up/{i}": {"get": _operation("Nothing")} for i in range(20000)})
    return _json(folder, data)
