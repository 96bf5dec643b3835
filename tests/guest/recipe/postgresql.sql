CREATE ROLE dynascale LOGIN;
GRANT pg_monitor TO dynascale;
GRANT EXECUTE ON FUNCTION pg_reload_conf() TO dynascale;
GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO dynascale;
GRANT SELECT ON pg_file_settings TO dynascale;
GRANT ALTER SYSTEM ON PARAMETER work_mem, maintenance_work_mem, effective_cache_size, max_parallel_workers, max_parallel_workers_per_gather, max_parallel_maintenance_workers, shared_buffers, max_worker_processes TO dynascale;
CREATE ROLE probe LOGIN;
GRANT pg_monitor TO probe;
