#include "adapters/mariadb/plan.hpp"
#include "adapters/postgresql/auto_conf.hpp"
#include "adapters/postgresql/connection.hpp"
#include "core/config/agent_config.hpp"
#include "core/config/host_config.hpp"
#include "fuzzers.hpp"

namespace dynascale::fuzz {
namespace {

/// A configuration that is accepted is printed to one that is accepted and the same.
template <class Parse>
void round_trip(std::string_view input, Parse parse) {
  const auto first = parse(input, "fuzzed.toml");
  if (!first.ok()) {
    require(!config::to_string(first.problems).empty());
    return;
  }
  const auto text = config::to_toml(first.value);
  const auto again = parse(text, "printed.toml");
  require(again.ok());
  require(config::to_toml(again.value) == text);
}

}  // namespace

void agent_toml(std::string_view input) { round_trip(input, config::parse_agent_config); }
void host_toml(std::string_view input) { round_trip(input, config::parse_host_config); }

void database_files(std::string_view input) {
  static_cast<void>(postgresql::parse_postmaster_pid(input, 1));
  const auto conf = postgresql::updated_auto_conf(input, "shared_buffers", "'1'");
  require(postgresql::auto_conf_value(conf, "shared_buffers") == "'1'");
  require(!postgresql::auto_conf_value(postgresql::updated_auto_conf(conf, "shared_buffers", {}), "shared_buffers"));
  const auto drop_in = mariadb::updated_drop_in(input, "tmp_table_size", 7);
  require(mariadb::drop_in_value(drop_in, "tmp_table_size") == "7");
  require(!mariadb::drop_in_value(mariadb::drop_in_without(drop_in, "tmp_table_size"), "tmp_table_size"));
}

}  // namespace dynascale::fuzz
