#include "core/config/host_config.hpp"

#include "core/config/check.hpp"
#include "core/config/keys.hpp"
#include "core/config/toml_reader.hpp"
#include "core/config/toml_writer.hpp"

namespace dynascale::config {

Checked<HostConfig> parse_host_config(std::string_view text, const std::string& file) {
  Checked<HostConfig> checked;
  HostConfig read;
  checked.problems = read_toml(text, file, [&](TomlReader& reader) { describe(reader, read); });
  check(read, file, checked.problems);
  check(read.defaults, "defaults.", file, checked.problems);
  for (const auto& [name, guest] : read.guests) check(guest, "guest." + name + '.', file, checked.problems);
  if (checked.ok()) checked.value = std::move(read);
  return checked;
}

std::string to_toml(const HostConfig& config) {
  std::string out;
  TomlWriter writer{out};
  auto copy = config;
  describe(writer, copy);
  return out;
}

}  // namespace dynascale::config
