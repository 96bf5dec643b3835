#include "check/inspect/options.hpp"

#include <algorithm>
#include <array>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_words = 4096;

/// Variables whose value is a command line of the runtime itself.
constexpr auto option_variables = std::to_array<std::string_view>(
    {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "NODE_OPTIONS", "GUNICORN_CMD_ARGS",
     "ERL_FLAGS", "ELIXIR_ERL_OPTIONS", "RABBITMQ_SERVER_ERL_ARGS", "MALLOC_CONF", "RUBYOPT"});

class Writer {
 public:
  /// Returns the line's number.
  std::uint32_t line(std::string_view text) {
    std::string flat{text};
    std::replace(flat.begin(), flat.end(), '\n', ' ');
    out_.text += flat + "\n";
    return ++number_;
  }
  OptionText& out() { return out_; }

 private:
  OptionText out_;
  std::uint32_t number_ = 0;
};

bool is_known(std::string_view name, const Matchers& matchers) {
  const auto entries = matchers.settings_for(name);
  return std::any_of(entries.begin(), entries.end(), [](const SettingEntry& entry) {
    const auto& files = entry.match->files;
    return std::find(files.begin(), files.end(), ConfigKind::environment) != files.end();
  });
}

void add_options(std::string_view name, std::string_view value, Writer& writer) {
  CommandText command;
  bool takes_value = false;
  while (!value.empty()) {
    const auto end = std::min(value.find_first_of(" \t"), value.size());
    const auto word = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    // An option, or the number after one: anything else may be a secret.
    const bool number =
        takes_value && word.find_first_not_of("0123456789.kKmMgGtT") == std::string_view::npos;
    const bool property = word.starts_with("-D") || word.find("assw") != std::string_view::npos;
    const bool option =
        (word.starts_with('-') || word.starts_with('+') || name == "MALLOC_CONF") && !property;
    takes_value = option;
    if (word.empty() || (!option && !number)) continue;
    command.append(word, writer.line(word));
  }
  if (!command.text.empty()) writer.out().config.commands.push_back(std::move(command));
}

}  // namespace

OptionText command_line_text(const LiveInstance& instance) {
  Writer writer;
  CommandText command;
  auto words = words_of(instance.main);
  if (words.size() > most_words) words.resize(most_words);
  for (const auto& word : words) {
    if (!trim(word).empty()) command.append(word, writer.line(word));
  }
  if (!command.text.empty()) writer.out().config.commands.push_back(std::move(command));
  return std::move(writer.out());
}

OptionText environment_text(std::string_view environ, const Matchers& matchers) {
  Writer writer;
  while (!environ.empty()) {
    const auto end = std::min(environ.find('\0'), environ.size());
    const auto entry = environ.substr(0, end);
    environ.remove_prefix(std::min(end + 1, environ.size()));
    std::string_view name;
    std::string_view value;
    if (!split_assignment(entry, name, value)) continue;
    if (std::find(option_variables.begin(), option_variables.end(), name) != option_variables.end()) {
      add_options(name, value, writer);
    } else if (is_known(name, matchers)) {
      const auto number = writer.line(entry);
      writer.out().config.settings.push_back(
          {ConfigKind::environment, {}, std::string{name}, std::string{value}, number});
    }
  }
  return std::move(writer.out());
}

}  // namespace dynascale::check
