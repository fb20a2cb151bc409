"""Bill of materials of a program: the crates that its executables contain, in CycloneDX 1.6.

    sbom.py FEATURE[:TARGET]... [--npm NAME@VERSION]    prints it
    sbom.py --check FILE CRATE...                       checks that it is complete, and has these crates among others

A target is needed if it is not this machine's. Two runs print the same: there is no time and no random number in it.
The check needs cyclonedx-python-lib with json-validation.
"""

import json
import subprocess
import sys
import tomllib


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def checksums():
    """Returns the checksum of each crate, by name and version. This package itself has none."""
    with open("Cargo.lock", "rb") as file:
        packages = tomllib.load(file)["package"]
    return {(it["name"], it["version"]): it["checksum"] for it in packages if "checksum" in it}


def host():
    lines = output("rustc", "--version", "--verbose").splitlines()
    return next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))


def licenses(selection, target):
    """Returns the license of each crate that may be in an executable."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", *selection, "--filter-platform", target]
    # A slash is the old way to write a choice.
    return {
        (it["name"], it["version"]): (it["license"] or "").replace("/", " OR ")
        for it in json.loads(output(*command))["packages"]
    }


def reference(kind, crate):
    name, version = crate
    return f"pkg:{kind}/{name}@{version}"


def add_tree(graph, selection, target):
    """Adds the crates in an executable: what each of them depends on. Returns the package itself.

    `cargo metadata` would also list those that are only there for tests, or that no feature turns on.
    """
    command = ["cargo", "tree", "--locked", *selection, "--target", target]
    command += ["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"]
    lines = output(*command).splitlines()
    path = []
    for line in lines:
        depth, name, version, *_ = line.split()
        crate = (name, version.removeprefix("v"))
        del path[int(depth) :]
        if path:
            graph[path[-1]].add(crate)
        graph.setdefault(crate, set())
        path.append(crate)
    return path[0]


def bill(parts, npm):
    """Makes the bill of an image whose executables have these features."""
    graph, sums, terms = {}, checksums(), {}
    for part in parts:
        feature, _, target = part.partition(":")
        selection, target = ["--no-default-features", "--features", feature], target or host()
        program = add_tree(graph, selection, target)
        terms |= licenses(selection, target)
    components = [
        {
            "type": "library",
            "bom-ref": reference("cargo", crate),
            "name": crate[0],
            "version": crate[1],
            "hashes": [{"alg": "SHA-256", "content": sums[crate]}],
            "licenses": [{"expression": terms[crate]}],
            "purl": reference("cargo", crate),
        }
        for crate in sorted(graph)
        if crate != program
    ]
    for name, version in (it.rsplit("@", 1) for it in npm):
        url = reference("npm", (name, version))
        components.append({"type": "data", "bom-ref": url, "name": name, "version": version, "purl": url})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": reference("cargo", program),
                "name": program[0],
                "version": program[1],
                "licenses": [{"expression": terms[program]}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": reference("cargo", crate), "dependsOn": sorted(reference("cargo", it) for it in graph[crate])}
            for crate in sorted(graph)
        ],
    }


def check(path, expected):
    """Fails if a bill does not follow the schema, differs from Cargo.lock, or lacks a crate, a license or a checksum."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    with open(path, encoding="utf-8") as file:
        text = file.read()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, f"{path}: {error}"
    crates = [it for it in json.loads(text)["components"] if it["purl"].startswith("pkg:cargo/")]
    sums = checksums()
    for it in crates:
        assert it["hashes"][0]["content"] == sums[it["name"], it["version"]], f"{path}: checksum of {it['name']}"
        assert it["licenses"][0]["expression"], f"{path}: no license of {it['name']}"
    missing = set(expected) - {it["name"] for it in crates}
    assert not missing, f"{path} lacks {missing}"
    print(f"{path}: {len(crates)} crates")


def main(arguments):
    if arguments[0] == "--check":
        check(arguments[1], arguments[2:])
        return
    at = arguments.index("--npm") if "--npm" in arguments else len(arguments)
    json.dump(bill(arguments[:at], arguments[at + 1 :]), sys.stdout, indent=1)
    print()


main(sys.argv[1:])
