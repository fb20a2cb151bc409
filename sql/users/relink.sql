-- Gives the user $2 to the account $1, with its verified e-mail $3. Tokens and sessions of the previous account end.
update users
set cognito_user_id = $1, email = $3, tokens_valid_from = now()
where uuid = $2
