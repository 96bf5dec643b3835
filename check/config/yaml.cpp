/// A line reader of YAML: keys by indentation, with line numbers, tolerant of templates (Helm, Jinja) that no
/// YAML parser would accept. Flow collections are read as plain text; anchors and tags are ignored.

#include <algorithm>

#include "check/config/setting.hpp"
#include "check/config/yaml_text.hpp"
#include "check/files/classify.hpp"
#include "check/text/comment.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

struct Nesting {
  std::size_t indent;
  std::string key;
};

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

class YamlReader {
 public:
  YamlReader(ConfigKind kind, std::string_view text) : kind_{kind}, lines_{text} {}

  ConfigText read() {
    for (number_ = 1; number_ <= lines_.count(); ++number_) read_line();
    end_block();
    return std::move(out_);
  }

 private:
  void read_line() {
    const auto line = lines_.line(number_);
    auto indent = indent_of(line);
    auto rest = trim(line);
    if (block_indent_ != none) {
      if (rest.empty() || indent > block_indent_) return read_block_line(line, rest);
      end_block();
    }
    if (rest.empty() || rest.front() == '#' || rest.substr(0, 3) == "---") return;
    bool item = false;
    const auto dash = indent;
    while (rest == "-" || rest.substr(0, 2) == "- ") {
      const auto inner = std::min(rest.find_first_not_of(' ', 1), rest.size());
      pop(indent + 1);
      indent += inner;
      rest = trim(rest.substr(inner));
      item = true;
    }
    rest = trim(without_comment(rest, "#"));
    if (rest.empty()) return;
    const auto colon = key_end(rest);
    if (colon == std::string_view::npos) {
      if (!item) return;
      if (rest.front() == '|' || rest.front() == '>') {
        block_indent_ = dash;
        folded_ = rest.front() == '>';
        block_kind_ = ConfigKind::none;
        return;
      }
      add_item(rest);
      return;
    }
    pop(indent);
    const std::string key{unquote(trim(rest.substr(0, colon)))};
    auto value = trim(rest.substr(colon + 1));
    flush_list();
    pair_environment(key, value, item, indent);
    if (value.substr(0, 1) == "|" || value.substr(0, 1) == ">") {
      block_indent_ = indent;
      folded_ = value.front() == '>';
      block_kind_ = config_kind_of(key);
      if (block_kind_ == ConfigKind::yaml || block_kind_ == ConfigKind::compose) block_kind_ = ConfigKind::none;
      value = {};
    }
    if (value.substr(0, 1) == "{") {
      levels_.push_back({indent, key});
      return read_flow(value, 0);
    }
    if (!value.empty()) add(key, value);
    if (levels_.size() < 64) levels_.push_back({indent, key});
  }

  void read_block_line(std::string_view line, std::string_view rest) {
    if (block_kind_ != ConfigKind::none) {
      if (file_.empty()) file_line_ = number_;
      file_.append(line).push_back('\n');
      return;
    }
    if (rest.empty() || rest.front() == '#') return;
    const bool more = folded_ || rest.back() == '\\';
    list_.append(rest.back() == '\\' ? rest.substr(0, rest.size() - 1) : rest, number_);
    if (!more || list_.text.size() > 65536) flush_list();
    if (folded_) return;
    // A file inside the file (ConfigMap): `key value;` lines are nginx's, `key = value` ones of any kind.
    rest = trim(without_comment(rest, "#"));
    if (rest.empty()) return;
    const auto space = rest.find_first_of(" \t");
    if (rest.back() == ';' && space != std::string_view::npos && rest.find('=') == std::string_view::npos) {
      rest.remove_suffix(1);
      out_.settings.push_back({ConfigKind::nginx, section(), std::string{rest.substr(0, space)},
                               std::string{trim(rest.substr(space))}, number_});
      return;
    }
    const auto word = rest.substr(0, std::min(space, rest.size()));
    if (space != std::string_view::npos && word.size() >= 8 && word.find_first_of("-_.") != std::string_view::npos &&
        word.find_first_of("=:/$'\"") == std::string_view::npos) {
      const auto value = unquote(trim(rest.substr(space)));
      out_.settings.push_back({ConfigKind::ini, section(), std::string{word}, std::string{value}, number_, true});
    }
    const auto equals = rest.find('=');
    if (equals != std::string_view::npos && rest.find_first_of("$(\"'`") > equals) {
      out_.settings.push_back({ConfigKind::ini, section(), std::string{trim(rest.substr(0, equals))},
                               std::string{unquote(trim(rest.substr(equals + 1)))}, number_, true});
    }
  }

  /// The end of a block: `nginx.conf: |` holds a whole file, a folded command is one line.
  void end_block() {
    block_indent_ = none;
    folded_ = false;
    flush_list();
    if (file_.empty()) return;
    auto inner = read_config(block_kind_, file_);
    for (auto& setting : inner.settings) {
      setting.line += file_line_ - 1;
      out_.settings.push_back(std::move(setting));
    }
    for (auto& command : inner.commands) {
      for (auto& [offset, number] : command.lines) number += file_line_ - 1;
      out_.commands.push_back(std::move(command));
    }
    file_.clear();
  }

  /// `{memory: 1Gi, cpu: 1}`, `{name: X, value: "4"}`: keys of a mapping on one line, nested at most eight deep.
  void read_flow(std::string_view text, int depth) {
    text = trim(text);
    if (text.substr(0, 1) != "{" || text.find("{{") != std::string_view::npos || depth > 8) return;
    text = text.substr(1, text.rfind('}') - 1);
    variable_.clear();
    while (!text.empty()) {
      const auto part = first_flow_part(text);
      text.remove_prefix(std::min(part.size() + 1, text.size()));
      const auto colon = key_end(trim(part));
      if (colon == std::string_view::npos) continue;
      const std::string key{unquote(trim(trim(part).substr(0, colon)))};
      const auto value = trim(trim(part).substr(colon + 1));
      pair_environment(key, value, false, 0);
      levels_.push_back({no_indent, key});
      if (value.substr(0, 1) == "{") read_flow(value, depth + 1);
      levels_.pop_back();
      if (!value.empty() && value.front() != '{') add(key, value);
    }
  }

  /// Kubernetes writes an environment entry as two keys: `- name: X`, `value: "4"`.
  void pair_environment(const std::string& key, std::string_view value, bool item, std::size_t indent) {
    if (item) variable_.clear();
    if (key == "name" && !value.empty() && value.size() < 100) {
      variable_ = std::string{unquote(value)};
      variable_indent_ = indent;
    } else if (key == "value" && !variable_.empty() && indent == variable_indent_ && !value.empty()) {
      out_.settings.push_back(
          {ConfigKind::environment, section(), variable_, std::string{unquote(value)}, number_});
      variable_.clear();
    }
  }

  /// The items of `command:` and its like are the words of one command line.
  [[nodiscard]] bool in_command_list() const {
    if (levels_.empty()) return false;
    const auto& key = levels_.back().key;
    return key == "command" || key == "args" || key == "entrypoint" || key == "cmd";
  }

  void flush_list() {
    if (!list_.text.empty()) out_.commands.push_back(std::move(list_));
    list_ = {};
  }

  void add(const std::string& key, std::string_view value) {
    out_.settings.push_back({kind_, section(), key, std::string{unquote(value)}, number_});
    add_command(value);
  }

  void add_item(std::string_view value) {
    if (value.substr(0, 1) == "{") return read_flow(value, 0);
    std::string_view name;
    std::string_view assigned;
    if (in_command_list() && list_.text.size() < 65536) return list_.append(unquote(value), number_);
    if (split_assignment(unquote(value), name, assigned)) {
      out_.settings.push_back(
          {ConfigKind::environment, section(), std::string{name}, std::string{unquote(assigned)}, number_});
    } else {
      out_.settings.push_back({kind_, section(), "-", std::string{unquote(value)}, number_});
    }
    add_command(value);
  }

  void add_command(std::string_view value) {
    if (value.find_first_of("-$ ") == std::string_view::npos) return;
    std::string text{unquote(value)};
    if (!text.empty() && text.front() == '[') {
      for (auto& c : text) {
        if (c == '[' || c == ']' || c == ',' || c == '"' || c == '\'') c = ' ';
      }
    }
    CommandText command;
    command.append(text, number_);
    command.squeeze();
    out_.commands.push_back(std::move(command));
  }

  void pop(std::size_t indent) {
    while (!levels_.empty() && levels_.back().indent >= indent) levels_.pop_back();
  }

  [[nodiscard]] std::string section() const {
    std::string out;
    for (const auto& level : levels_) out += (out.empty() ? "" : ".") + level.key;
    return out;
  }

  static constexpr auto none = static_cast<std::size_t>(-1);
  static constexpr auto no_indent = none - 1;
  ConfigKind kind_;
  Lines lines_;
  ConfigText out_;
  std::vector<Nesting> levels_;
  CommandText list_;
  std::string variable_;
  std::size_t variable_indent_ = 0;
  std::uint32_t number_ = 0;
  std::size_t block_indent_ = none;
  bool folded_ = false;
  ConfigKind block_kind_ = ConfigKind::none;  ///< Of the file that the block holds.
  std::string file_;
  std::uint32_t file_line_ = 0;
};

}  // namespace

ConfigText read_yaml(ConfigKind kind, std::string_view text) {
  return YamlReader{kind, text}.read();
}

}  // namespace dynascale::check
