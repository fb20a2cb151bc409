-- A statement that hangs must not hold a connection forever.
set statement_timeout = '5s'
