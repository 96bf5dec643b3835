#include "adapters/table.hpp"

#include "adapters/exec/exec.hpp"
#include "adapters/gunicorn/gunicorn.hpp"
#include "adapters/mariadb/mariadb.hpp"
#include "adapters/postgresql/postgresql.hpp"
#include "adapters/signal/signal.hpp"

namespace dynascale {

std::vector<std::unique_ptr<Adapter>> all_adapters(const Files& files, const AdapterOptions& options) {
  std::vector<std::unique_ptr<Adapter>> table;
  table.push_back(std::make_unique<postgresql::Postgresql>(files, options.postgresql));
  table.push_back(std::make_unique<mariadb::Mariadb>(files, options.mariadb));
  table.push_back(std::make_unique<gunicorn::Gunicorn>(files, options.gunicorn));
  table.push_back(std::make_unique<exec::Exec>(files, options.custom));
  table.push_back(std::make_unique<signal::Signal>(files, options.custom));
  return table;
}

}  // namespace dynascale
