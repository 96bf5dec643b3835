FLUSH PRIVILEGES;
CREATE USER dynascale@localhost IDENTIFIED VIA unix_socket;
GRANT SUPER, PROCESS ON *.* TO dynascale@localhost;
CREATE USER probe@'%';
GRANT PROCESS ON *.* TO probe@'%';
CREATE DATABASE bench;
GRANT ALL ON bench.* TO probe@'%';
