#!/bin/sh
case $1 in
--list) echo '{"web": ["web1", "web2"], "db": {"hosts": ["db1"], "vars": {"engine": "pg"}}}' ;;
--host)
  case $2 in
  web1) echo '{"color": "blue"}' ;;
  web2) echo '{}' ;;
  db1) echo '{"engine": "mysql", "port": 3306}' ;;
  esac
  ;;
*) exit 64 ;;
esac
