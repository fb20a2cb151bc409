"""The edge of the stack, read back from an emulator: the distribution, its functions, and the bucket of the builds."""

import json
import subprocess
from pathlib import Path


def check_distribution(session, resources, expect):
    """CloudFront reads the bucket of the builds and passes on all else, and its functions do what they are for."""
    client = session.create_client("cloudfront", region_name="us-east-1")
    [distribution] = resources("AWS::CloudFront::Distribution").values()
    config = client.get_distribution_config(Id=distribution)["DistributionConfig"]
    origins = {it["Id"]: it for it in config["Origins"]["Items"]}
    expect("origins", sorted(origins), ["builds", "load-balancer"])
    expect("bucket", origins["builds"]["DomainName"].split(".")[:2], ["builds", "s3"])
    expect("access to the bucket", bool(origins["builds"]["OriginAccessControlId"]), True)
    behaviors = {it["PathPattern"]: it["TargetOriginId"] for it in config["CacheBehaviors"]["Items"]}
    expect("behaviors", behaviors, {"/build/*": "builds", "/emoji/*": "builds", "/api*": "load-balancer"})
    expect("default", config["DefaultCacheBehavior"]["TargetOriginId"], "load-balancer")
    functions = resources("AWS::CloudFront::Function")
    for encodings, end in [
        ("gzip, deflate, br, zstd", ".br"), ("BR;q=0.5", ".br"), ("gzip", ".gz"), ("br;q=0, gzip", ".gz"),
        ("br; q=0.000", ""), ("brotli", ""), ("identity", ""), (None, ""),
    ]:
        headers = {"accept-encoding": {"value": encodings}} if encodings else {}
        answer = call(client, functions["ChooseEncoding"], {"uri": "/build/x/pkg/a.js", "headers": headers})
        expect(f"file for {encodings}", answer["uri"], f"/build/x/pkg/a.js{end}")
    forged = {"uri": "/", "headers": {"x-viewer-address": {"value": "192.0.2.1"}}}
    viewer = call(client, functions["NameViewer"], forged)["headers"]["x-viewer-address"]
    expect("address of the viewer", viewer, {"value": "203.0.113.7"})


def call(client, function, request):
    """Returns the request that a function of CloudFront makes of a request."""
    code = client.get_function(Name=function, Stage="LIVE")["FunctionCode"].read().decode()
    event = json.dumps({"request": request, "viewer": {"ip": "203.0.113.7"}})
    command = ["node", "--eval", f"{code}; console.log(JSON.stringify(handler({event})))"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def check_builds(session, folder, expect):
    """The files of a build are in the bucket as CloudFront asks for them, and the third last build is not."""
    bucket = session.create_client("s3")
    for name in ("one", "two", "three"):
        build = make_build(Path(folder) / name, name)
        for command in ("add", "keep"):
            subprocess.run(["bin/builds", command, "s3://builds", build], check=True)
    keys = [it["Key"] for it in bucket.list_objects_v2(Bucket="builds")["Contents"]]
    expect("builds", sorted({it.split("/")[1][:5] for it in keys if it.startswith("build/")}), ["three", "two__"])
    expect("marks", len([it for it in keys if it.startswith("deployed/")]), 2)
    for end, encoding in [("", None), (".br", "br"), (".gz", "gzip")]:
        for name, media_type in [("a.js", "text/javascript; charset=utf-8"), ("a.wasm", "application/wasm")]:
            found = bucket.get_object(Bucket="builds", Key=f"build/{'three':_<44}/pkg/{name}{end}")
            expect(f"type of {name}{end}", found["ContentType"], media_type)
            expect(f"encoding of {name}{end}", found.get("ContentEncoding") or None, encoding)
            expect(f"caching of {name}{end}", found["CacheControl"], "public, max-age=31536000, immutable")
            expect(f"content of {name}{end}", found["Body"].read(), end.encode())


def make_build(folder, name):
    """Makes the files of a build. The content of each is the end of its name."""
    for path in ("site/pkg/a.js", "site/pkg/a.wasm", f"site/emoji/{name}.tsv"):
        for end in ("", ".br", ".gz"):
            file = folder / f"{path}{end}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(end)
    (folder / "hash.txt").write_text(f"wasm: {name:_<22}\nsplit: {'':_<22}\n")
    return str(folder)
