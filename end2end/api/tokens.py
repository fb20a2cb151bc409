"""Signs users in at Cognito and prints their access tokens in the format that schemathesis reads (Web Fuzzing Commons).

    PASSWORD=... tokens.py ana cy

The example signs in ana@example.com and cy@example.com. The variables of the web server select the user pool.
"""

import base64
import hmac
import json
import os
import sys
import urllib.request

ENDPOINT = os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
CLIENT = os.environ["AWS_COGNITO_USER_POOL_CLIENT_ID"]
SECRET = os.environ.get("AWS_COGNITO_USER_POOL_CLIENT_SECRET")


def access_token(email: str) -> str:
    parameters = {"USERNAME": email, "PASSWORD": os.environ["PASSWORD"]}
    if SECRET:
        proof = hmac.digest(SECRET.encode(), f"{email}{CLIENT}".encode(), "sha256")
        parameters["SECRET_HASH"] = base64.b64encode(proof).decode()
    body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": CLIENT, "AuthParameters": parameters}
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    request = urllib.request.Request(ENDPOINT, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["AuthenticationResult"]["AccessToken"]


def auth_entry(name: str) -> dict:
    value = f"Bearer {access_token(f'{name}@example.com')}"
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": value}]}


print(json.dumps({"auth": [auth_entry(name) for name in sys.argv[1:]]}))
