-- Building an index, or waiting for the migration of another server, can take long.
set statement_timeout = 0
