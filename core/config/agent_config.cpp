#include "core/config/agent_config.hpp"

#include "core/config/check.hpp"
#include "core/config/keys.hpp"
#include "core/config/toml_reader.hpp"
#include "core/config/toml_writer.hpp"

namespace dynascale::config {

Checked<AgentConfig> parse_agent_config(std::string_view text, const std::string& file) {
  Checked<AgentConfig> checked;
  AgentConfig read;
  checked.problems = read_toml(text, file, [&](TomlReader& reader) { describe(reader, read); });
  check(read, file, checked.problems);
  if (checked.ok()) checked.value = std::move(read);
  return checked;
}

std::string to_toml(const AgentConfig& config) {
  std::string out;
  TomlWriter writer{out};
  auto copy = config;
  describe(writer, copy);
  return out;
}

}  // namespace dynascale::config
