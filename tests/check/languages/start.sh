#!/bin/bash
# expect: DSC113
WORKERS=${WORKERS:-$(nproc)}
# expect: DSC113
exec gunicorn -w $(( 2 * $(nproc) + 1 )) app:app
# ok: DSC113
make -j$(nproc)
# ok: DSC113
echo "cpus: $(nproc)"
# expect: DSC104
THREADS=$(nproc --all)
export THREADS
# expect: DSC202
taskset -c 0-3 ./server
# expect: DSC106
CORES=$(grep -c ^processor /proc/cpuinfo)
# expect: DSC301
MEM=$(free -m | awk '/Mem:/ {print $2}')
# expect: DSC401
export JAVA_OPTS="-Xms2g -Xmx2g"
# expect: DSC111
exec uvicorn app:app --workers 4
# ok: DSC113
# nproc
