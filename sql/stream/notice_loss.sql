-- PostgreSQL ends the connection, and so releases the lock, within about 4 seconds after the server has vanished from
-- the network. A killed server is noticed at once: its operating system closes the connection.
set tcp_keepalives_idle = 2;
set tcp_keepalives_interval = 1;
set tcp_keepalives_count = 2;
set tcp_user_timeout = 4000;
