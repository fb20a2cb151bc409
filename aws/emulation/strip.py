"""Prepares the templates for an emulator of CloudFormation that does not know all of it.

    strip.py TEMPLATES FOLDER

Writes each template to the folder, without the parts that the emulator refuses, and names them.
"""

import sys
from pathlib import Path

from awscli.customizations.cloudformation.yamlhelper import yaml_dump, yaml_parse

# Types that the emulator refuses.
UNKNOWN = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Backup::BackupSelection",
    "AWS::Budgets::Budget",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
}

# Attributes that it does not return, and what stands in for them.
ATTRIBUTES = {
    "Database.MasterUserSecret.SecretArn": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:master",
}


def strip(template):
    """Removes what the emulator refuses, and yields the names of it."""
    resources = template["Resources"]
    removed = {name for name, resource in resources.items() if resource["Type"] in UNKNOWN}
    # A resource that refers to a removed one goes with it, such as the route to a gateway.
    removed |= {name for name, resource in resources.items() if refers_to(resource, removed)}
    for name in sorted(removed):
        yield f"{name} ({resources.pop(name)['Type']})"
    yield from replace_attributes(template)


def refers_to(value, names):
    """Tells whether a value refers to one of the resources."""
    if isinstance(value, dict):
        if value.get("Ref") in names or as_text(value.get("Fn::GetAtt")).split(".")[0] in names:
            return True
        return any(refers_to(it, names) for it in value.values())
    return isinstance(value, list) and any(refers_to(it, names) for it in value)


def replace_attributes(value):
    """Replaces the attributes that the emulator does not return, and yields their names."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        attribute = as_text(item.get("Fn::GetAtt")) if isinstance(item, dict) else ""
        if attribute in ATTRIBUTES:
            value[key] = ATTRIBUTES[attribute]
            yield attribute
        else:
            yield from replace_attributes(item)


def as_text(attribute):
    """Returns the operand of Fn::GetAtt in its short form."""
    return ".".join(attribute) if isinstance(attribute, list) else attribute or ""


def main(templates, folder):
    for path in sorted(Path(templates).glob("*.yaml")):
        template = yaml_parse(path.read_text())
        for name in strip(template):
            print(f"{path.name}: without {name}")
        (Path(folder) / path.name).write_text(yaml_dump(template))


if __name__ == "__main__":
    main(*sys.argv[1:])
