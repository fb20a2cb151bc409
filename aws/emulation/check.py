"""Creates the packaged stack on an emulator, reads it back, and compares it with the tables, the pool and the policies
that the code makes and expects.

    check.py PACKAGED_TEMPLATE ADMIN_TOOL FOLDER

The folder is for files of this check, and the buckets `artifacts` and `builds` exist.

The addresses and credentials of the emulator are in the environment, as for every AWS tool.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import edge
from awscli.botocore.session import get_session

STACK = "cruddur-messages"
DEADLINE_SECS = 120
PARAMETERS = {
    "Domain": "messages.example.com",
    "CertificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/site",
    "EdgeCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/site",
    "EdgePrefixList": "pl-0123456789abcdef0",
    "Builds": "builds",
    "Image": "web:1",
    "AdminImage": "admin:1",
    "BusImage": "bus:1",
    "BusCertificate": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:bus",
    "CodeBucket": "artifacts",
    "CodeKey": "stream.zip",
    "AlarmEmail": "operator@example.com",
}

session = get_session()
faults = []


def expect(name, found, expected):
    """Notes a difference."""
    if found != expected:
        faults.append(f"{name}: {found!r} instead of {expected!r}")


def create(template):
    """Creates the stack and waits for it."""
    stacks = session.create_client("cloudformation")
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()]
    stacks.create_stack(
        StackName=STACK, TemplateBody=template, Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
    )
    end = time.monotonic() + DEADLINE_SECS
    while (status := stacks.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
        assert time.monotonic() < end, "the stack is not created in time"
        time.sleep(0.2)
    if status != "CREATE_COMPLETE":
        events = stacks.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = {it.get("ResourceStatusReason") for it in events if "FAILED" in it["ResourceStatus"]}
        sys.exit(f"{status}: {reasons}")
    [stack] = stacks.describe_stacks(StackName=STACK)["Stacks"]
    return {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}


def resources(kind):
    """Returns the physical ids of the resources of a kind in all parts of the stack, by logical id."""
    stacks = session.create_client("cloudformation")
    names = [it["StackName"] for it in stacks.describe_stacks()["Stacks"] if it["StackName"].startswith(STACK)]
    found = [it for name in names for it in stacks.describe_stack_resources(StackName=name)["StackResources"]]
    return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found if it["ResourceType"] == kind}


def check_table(admin):
    """The table has the keys, the index and the stream that the admin tool creates."""
    subprocess.run([admin, "ddb", "schema-load", "--table", "reference"], check=True, capture_output=True)
    tables = session.create_client("dynamodb")
    table, reference = (tables.describe_table(TableName=name)["Table"] for name in (STACK, "reference"))
    for key in ("KeySchema", "StreamSpecification"):
        expect(key, table.get(key), reference.get(key))
    by_name = {"key": lambda it: it["AttributeName"]}
    expect("attributes", *(sorted(it["AttributeDefinitions"], **by_name) for it in (table, reference)))
    shape = ("IndexName", "KeySchema", "Projection")
    indexes = (it["GlobalSecondaryIndexes"] for it in (table, reference))
    expect("indexes", *([{key: index[key] for key in shape} for index in it] for it in indexes))
    expect("deletion protection", table.get("DeletionProtectionEnabled"), True)
    return table


def check_mapping(table):
    """Lambda reads the stream of the table, and hands over failures."""
    [mapping] = session.create_client("lambda").list_event_source_mappings()["EventSourceMappings"]
    expect("source of the mapping", mapping["EventSourceArn"], table["LatestStreamArn"])
    expect("response of the function", mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
    queue = mapping["DestinationConfig"]["OnFailure"]["Destination"].split(":")[-1]
    [expected] = [it.rsplit("/", 1)[-1] for name, it in resources("AWS::SQS::Queue").items() if name == "FailedBatches"]
    expect("failure queue", queue, expected)
    for pattern in mapping["FilterCriteria"]["Filters"]:
        json.loads(pattern["Pattern"])


def check_pool(admin, pool_id):
    """The pool and its client have the settings that the admin tool gives them."""
    made = subprocess.run(
        [admin, "--json", "cognito", "create-pool", "--name", "reference"], check=True, capture_output=True
    )
    reference = json.loads(made.stdout)
    pools = session.create_client("cognito-idp")
    ids = (pool_id, reference["AWS_COGNITO_USER_POOL_ID"])
    pool, other = (pools.describe_user_pool(UserPoolId=it)["UserPool"] for it in ids)
    for key in ("UsernameAttributes", "AutoVerifiedAttributes", "UsernameConfiguration", "UserAttributeUpdateSettings"):
        expect(key, pool.get(key), other.get(key))
    for key in ("MinimumLength", "RequireLowercase", "RequireUppercase", "RequireNumbers", "RequireSymbols"):
        expect(key, *(it["Policies"]["PasswordPolicy"][key] for it in (pool, other)))
    factors = [pools.get_user_pool_mfa_config(UserPoolId=it) for it in ids]
    for key in ("MfaConfiguration", "SoftwareTokenMfaConfiguration"):
        expect(key, *(it.get(key) for it in factors))
    [client_id] = resources("AWS::Cognito::UserPoolClient").values()
    clients = zip(ids, (client_id, reference["AWS_COGNITO_USER_POOL_CLIENT_ID"]))
    described = [pools.describe_user_pool_client(UserPoolId=it, ClientId=client) for it, client in clients]
    client, other = (it["UserPoolClient"] for it in described)
    expect("flows", *(sorted(it["ExplicitAuthFlows"]) for it in (client, other)))
    validity = ("AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity", "TokenValidityUnits")
    for key in (*validity, "PreventUserExistenceErrors"):
        expect(key, client.get(key), other.get(key))
    return client


def check_roles(table):
    """The roles of the tasks allow the actions of the policies, on this table only."""
    roles, iam = resources("AWS::IAM::Role"), session.create_client("iam")
    folder = Path(__file__).parent.parent
    # A server reads the stream only with READ_STREAM, which the stack turns off.
    of_stream = {"ReadStream", "ListStreams"}
    for role, file, left_out in [
        ("WebRole", "web-policy.json", of_stream),
        ("AdminRole", "admin-policy.json", set()),
        ("StreamRole", "stream-policy.json", set()),
    ]:
        expected = json.loads((folder / file).read_text())["Statement"]
        expected = {it["Sid"]: actions(it) for it in expected if it["Sid"] not in left_out}
        names = iam.list_role_policies(RoleName=roles[role])["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=roles[role], PolicyName=name)["PolicyDocument"] for name in names]
        statements = [statement for document in documents for statement in document["Statement"]]
        # The log and the queue belong to the deployment, not to the code.
        statements = [it for it in statements if it["Sid"] not in ("WriteLog", "ReportFailedBatches")]
        expect(role, {it["Sid"]: actions(it) for it in statements}, expected)
        for statement in statements:
            for resource in as_list(statement["Resource"]):
                is_ours = resource.startswith(table["TableArn"]) or ":userpool/" in resource
                expect(f"{role} {statement['Sid']}", is_ours or statement["Sid"].startswith("List"), True)


def actions(statement):
    """Returns the actions of a statement, in order."""
    return sorted(as_list(statement["Action"]))


def as_list(value):
    """Returns a list as it is, and anything else as the only element of one."""
    return value if isinstance(value, list) else [value]


def check_service(client):
    """The servers run behind the load balancer, and each secret that they name exists, in the form they expect."""
    services = session.create_client("ecs")
    raw = {}
    # The emulator returns parts of the definition as the template spells them, which the SDK drops.
    event = "before-parse.ecs.DescribeTaskDefinition"
    services.meta.events.register(event, lambda response_dict, **_: raw.update(response_dict))
    services.describe_task_definition(taskDefinition="cruddur-messages-web")
    [web, _] = json.loads(raw["body"])["taskDefinition"]["containerDefinitions"]
    expect("root file system and user", (web["readonlyRootFilesystem"], web["user"]), (True, "65532"))
    secrets = {lower(it)["name"]: secret_value(lower(it)["valueFrom"]) for it in web["secrets"]}
    expect("secrets", sorted(secrets), [
        "AWS_COGNITO_USER_POOL_CLIENT_SECRET", "NATS_URL", "PGPASSWORD", "PGUSER", "SESSION_KEY",
    ])
    expect("client secret", secrets["AWS_COGNITO_USER_POOL_CLIENT_SECRET"], client["ClientSecret"])
    expect("login", secrets["PGUSER"], "cruddur_1")
    expect("length of the session key", len(secrets["SESSION_KEY"]), 64)
    # The emulator does not resolve the password in it.
    expect("bus", secrets["NATS_URL"].partition(":{{resolve:secretsmanager:")[0], "tls://web")
    expect("host of the bus", secrets["NATS_URL"].rpartition("@")[2], "nats.cruddur-messages.internal:4222")
    clusters = list(resources("AWS::ECS::Cluster").values())
    names = resources("AWS::ECS::Service").values()
    described = services.describe_services(cluster=clusters[0], services=list(names))["services"]
    [service] = [it for it in described if it.get("loadBalancers")]
    [balanced] = service["loadBalancers"]
    expect("container behind the load balancer", (balanced["containerName"], balanced["containerPort"]), ("web", 3000))
    [targets] = resources("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    expect("target group", balanced["targetGroupArn"], targets)


def lower(value):
    """Returns an object with keys in the spelling of the API."""
    return {key[0].lower() + key[1:]: it for key, it in value.items()}


def secret_value(reference):
    """Returns the value to which a task definition refers: SECRET, or SECRET:KEY::."""
    secret, key = reference, None
    if reference.endswith("::"):
        secret, _, key = reference.removesuffix("::").rpartition(":")
    value = session.create_client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return json.loads(value)[key] if key else value


def check_entry():
    """The load balancer refuses what is not for strangers, and what has not come through CloudFront."""
    balancer = session.create_client("elbv2")
    [arn] = resources("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    listeners = {it["Port"]: it for it in balancer.describe_listeners(LoadBalancerArn=arn)["Listeners"]}
    expect("ports", list(listeners), [443])
    rules = balancer.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    rules.sort(key=lambda it: it["Priority"])
    expect("rules", [(it["Priority"], it["Actions"][0]["Type"], values(it)) for it in rules], [
        ("1", "fixed-response", ["/readyz", "/readyz/*", "/metrics", "/metrics/*"]),
        ("2", "forward", ["messages.example.com"]),
        ("default", "fixed-response", []),
    ])
    [header] = [it["HttpHeaderConfig"] for it in rules[1]["Conditions"] if it["Field"] == "http-header"]
    expect("header of CloudFront", header["HttpHeaderName"], "x-entry-key")


def values(rule):
    """Returns what the conditions of a rule ask for."""
    return [value for condition in rule["Conditions"] for value in condition.get("Values", [])]


def check_alarms():
    """Each alarm tells the topic."""
    alarms = session.create_client("cloudwatch").describe_alarms()["MetricAlarms"]
    [topic] = resources("AWS::SNS::Topic").values()
    expect("alarms", len(alarms) > 20, True)
    for alarm in alarms:
        expect(alarm["AlarmName"], (alarm["AlarmActions"], alarm["OKActions"]), ([topic], [topic]))


def main(template, admin, folder):
    outputs = create(Path(template).read_text())
    table = check_table(admin)
    check_mapping(table)
    client = check_pool(admin, outputs["PoolId"])
    check_roles(table)
    check_service(client)
    check_entry()
    edge.check_distribution(session, resources, expect)
    edge.check_builds(session, folder, expect)
    check_alarms()
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(*sys.argv[1:])
