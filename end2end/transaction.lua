-- wrk script of bin/bench: writes the three rows of a send directly to the local DynamoDB, which checks no signature.

wrk.method = "POST"
wrk.headers["content-type"] = "application/x-amz-json-1.0"
wrk.headers["x-amz-target"] = "DynamoDB_20120810.TransactWriteItems"
wrk.headers["x-amz-date"] = "20260101T000000Z"
wrk.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, "
    .. "SignedHeaders=host, Signature=0"

local put = [[{"Put": {"TableName": "cruddur-messages",
    "Item": {"pk": {"S": "BENCH#%d"}, "sk": {"S": "%d"}, "message": {"S": "bench"}}}}]]
local count = 0

-- The pause in milliseconds, as before each measured send.
function delay()
    return 50
end

function request()
    count = count + 1
    local rows = { put:format(count, 1), put:format(count, 2), put:format(count, 3) }
    return wrk.format(nil, "/", nil, '{"TransactItems": [' .. table.concat(rows, ",") .. "]}")
end
