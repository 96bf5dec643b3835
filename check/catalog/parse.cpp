#include <fmt/format.h>

#include <toml++/toml.h>

#include "check/catalog/catalog.hpp"

namespace dynascale::check {
namespace {

/// Reads one rule's table and remembers the first thing that is wrong with it.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_{file} {}

  std::string text(const toml::table& table, std::string_view key) {
    return table[key].value_or(std::string{});
  }

  std::vector<std::string> texts(const toml::table& table, std::string_view key) {
    std::vector<std::string> out;
    if (const auto* array = table[key].as_array()) {
      for (const auto& item : *array) {
        if (auto value = item.value<std::string>())
          out.push_back(*value);
        else
          complain(key, "an array of strings");
      }
    } else if (table.contains(key)) {
      complain(key, "an array of strings");
    }
    return out;
  }

  std::optional<Pattern> pattern(const toml::table& table, std::string_view key) {
    const auto value = table[key].value<std::string_view>();
    return value ? std::optional<Pattern>{*value} : std::nullopt;
  }

  template <class Parse>
  auto choice(const toml::table& table, std::string_view key, Parse parse)
      -> decltype(parse(std::string_view{})) {
    const auto value = table[key].value<std::string>();
    if (!value) return std::nullopt;
    auto parsed = parse(*value);
    if (!parsed) complain(key, fmt::format("another value than '{}'", *value));
    return parsed;
  }

  template <class Parse>
  auto choices(const toml::table& table, std::string_view key, Parse parse) {
    std::vector<typename decltype(parse(std::string_view{}))::value_type> out;
    for (const auto& name : texts(table, key)) {
      if (auto parsed = parse(name))
        out.push_back(*parsed);
      else
        complain(key, fmt::format("another value than '{}'", name));
    }
    return out;
  }

  void complain(std::string_view key, std::string_view expected) {
    if (error_.empty()) error_ = fmt::format("{}: {}: expected {}", file_, key, expected);
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string_view file_;
  std::string error_;
};

std::optional<Use> parse_use(std::string_view name) {
  if (name == "kept") return Use::kept;
  if (name == "any") return Use::any;
  if (name == "frozen") return Use::frozen;
  if (name == "assigned") return Use::assigned;
  if (name == "derived") return Use::derived;
  if (name == "empty") return Use::empty;
  if (name == "sized") return Use::sized;
  return std::nullopt;
}

std::optional<ValueTest> parse_test(std::string_view name) {
  if (name == "any") return ValueTest::any;
  if (name == "number") return ValueTest::number;
  if (name == "size") return ValueTest::size;
  if (name == "on") return ValueTest::on;
  if (name == "off") return ValueTest::off;
  if (name == "nonzero") return ValueTest::nonzero;
  return std::nullopt;
}

SourceMatch read_source(Reader& reader, const toml::table& table) {
  SourceMatch match;
  match.languages = reader.choices(table, "languages", parse_language);
  match.names = reader.texts(table, "names");
  if (match.languages.empty() || match.names.empty()) reader.complain("source", "languages and names");
  match.use = reader.choice(table, "use", parse_use).value_or(Use::kept);
  match.in_string = table["in_string"].value_or(false);
  match.field = table["field"].value_or(false);
  match.value = reader.pattern(table, "value");
  match.inside = reader.texts(table, "inside");
  match.arguments = reader.pattern(table, "arguments");
  match.receiver = reader.pattern(table, "receiver");
  match.text = reader.pattern(table, "text");
  match.file = reader.texts(table, "file");
  match.not_file = reader.texts(table, "not_file");
  match.path = reader.pattern(table, "path");
  match.level = reader.choice(table, "level", parse_level);
  match.component = reader.text(table, "component");
  return match;
}

SettingMatch read_setting(Reader& reader, const toml::table& table) {
  SettingMatch match;
  match.files = reader.choices(table, "files", parse_config_kind);
  match.keys = reader.texts(table, "keys");
  if (match.keys.empty()) reader.complain("setting", "keys");
  match.test = reader.choice(table, "test", parse_test).value_or(ValueTest::any);
  match.value = reader.pattern(table, "value");
  if (match.value && match.test == ValueTest::any) match.test = ValueTest::matches;
  match.section = reader.pattern(table, "section");
  match.computed = table["computed"].value_or(false);
  match.path = reader.pattern(table, "path");
  match.level = reader.choice(table, "level", parse_level);
  match.grow = reader.choice(table, "grow", parse_adaptation);
  match.shrink = reader.choice(table, "shrink", parse_adaptation);
  match.component = reader.text(table, "component");
  return match;
}

CommandMatch read_command(Reader& reader, const toml::table& table) {
  CommandMatch match;
  match.programs = reader.texts(table, "programs");
  match.keywords = reader.texts(table, "keywords");
  match.words = reader.pattern(table, "words");
  if (!match.words) reader.complain("command", "words");
  match.level = reader.choice(table, "level", parse_level);
  match.grow = reader.choice(table, "grow", parse_adaptation);
  match.shrink = reader.choice(table, "shrink", parse_adaptation);
  match.component = reader.text(table, "component");
  return match;
}

template <class Out, class Read>
void read_all(Reader& reader, const toml::table& root, std::string_view key, std::vector<Out>& out,
              Read read) {
  if (const auto* array = root[key].as_array()) {
    for (const auto& item : *array) {
      if (const auto* table = item.as_table()) out.push_back(read(reader, *table));
    }
  }
}

}  // namespace

Result<Rule> parse_rule(std::string_view file, std::string_view toml) {
  toml::table root;
  try {
    root = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return fail(Errc::corrupt,
                fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  Reader reader{file};
  Rule rule;
  rule.id = reader.text(root, "id");
  rule.slug = reader.text(root, "slug");
  rule.title = reader.text(root, "title");
  rule.why = reader.text(root, "why");
  rule.fix = reader.text(root, "fix");
  rule.example = reader.text(root, "example");
  rule.question = static_cast<std::uint8_t>(root["question"].value_or(0));
  rule.level = reader.choice(root, "level", parse_level).value_or(Level::warning);
  rule.category = root["category"].value_or(std::string{"advice"});
  rule.direction = root["direction"].value_or(std::string{"both"});
  rule.grow = reader.choice(root, "grow", parse_adaptation).value_or(Adaptation::unknown);
  rule.shrink = reader.choice(root, "shrink", parse_adaptation).value_or(rule.grow);
  rule.effort = root["effort"].value_or(1.0);
  rule.tags = reader.texts(root, "tags");
  rule.check = reader.text(root, "check");
  rule.symbols = reader.texts(root, "symbols");
  if (rule.id.empty() || rule.title.empty() || rule.why.empty() || rule.fix.empty()) {
    reader.complain("rule", "id, title, why and fix");
  }
  read_all(reader, root, "source", rule.sources, read_source);
  read_all(reader, root, "setting", rule.settings, read_setting);
  read_all(reader, root, "command", rule.commands, read_command);
  if (!reader.error().empty()) return fail(Errc::corrupt, reader.error());
  return rule;
}

}  // namespace dynascale::check
