#include "check/engine/aliases.hpp"

#include <algorithm>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_aliases = 256;
constexpr std::size_t longest_import = 2000;

std::string_view first_word(std::string_view& rest) {
  rest = trim(rest);
  const auto end = std::min(rest.find_first_of(" \t\r\n,;(){}"), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// Without quotes and `node:`; of a Go path the last component.
std::string module_name(std::string_view text) {
  text = unquote(trim(text));
  if (text.substr(0, 5) == "node:") text.remove_prefix(5);
  return std::string{text.substr(text.rfind('/') + 1)};
}

class AliasReader {
 public:
  void add(std::string_view name, std::string target) {
    if (name.empty() || out_.size() >= most_aliases || name == target) return;
    out_.push_back({std::string{name}, std::move(target)});
  }

  /// `a, b as c` or `a, b: c`, each a member of `module`.
  void add_members(std::string_view list, const std::string& module, std::string_view as) {
    while (!list.empty()) {
      auto part = list.substr(0, list.find(','));
      list.remove_prefix(std::min(part.size() + 1, list.size()));
      const auto name = first_word(part);
      const auto key = name.substr(0, name.find(':'));
      if (key.empty()) continue;
      auto rest = trim(part);
      std::string_view given = key;
      if (as == ":" && name.size() > key.size())
        given = first_word(rest);
      else if (rest.substr(0, as.size() + 1) == std::string{as} + " ")
        rest.remove_prefix(as.size()), given = first_word(rest);
      add(given == "*" ? "*" : given, key == "*" ? module : module + "." + std::string{key});
    }
  }

  void read_python(std::string_view line, std::string_view rest_of_file) {
    if (line.substr(0, 7) == "import ") {
      auto list = line.substr(7);
      while (!list.empty()) {
        auto part = list.substr(0, list.find(','));
        list.remove_prefix(std::min(part.size() + 1, list.size()));
        const auto module = first_word(part);
        auto rest = trim(part);
        if (rest.substr(0, 3) == "as ") rest.remove_prefix(3), add(first_word(rest), std::string{module});
      }
    } else if (line.substr(0, 5) == "from ") {
      auto rest = line.substr(5);
      const std::string module{first_word(rest)};
      rest = trim(rest);
      if (rest.substr(0, 7) != "import ") return;
      rest = trim(rest.substr(7));
      if (rest.substr(0, 1) == "(") {
        const auto open = rest_of_file.find('(');
        rest = rest_of_file.substr(open + 1, std::min(rest_of_file.find(')'), rest_of_file.size()) - open - 1);
      }
      add_members(rest, module, "as");
    }
  }

  void read_ecmascript(std::string_view line) {
    const auto quote = line.find_last_of("'\"");
    const auto open = quote == std::string_view::npos ? quote : line.find_last_of("'\"", quote - 1);
    if (open == std::string_view::npos || quote == 0) return;
    const auto module = module_name(line.substr(open, quote - open + 1));
    const bool imports = line.substr(0, 7) == "import ";
    const bool requires_it = line.find("require(") != std::string_view::npos;
    if (!imports && !requires_it) return;
    const auto brace = line.find('{');
    if (brace != std::string_view::npos && brace < open)
      add_members(line.substr(brace + 1, line.find('}') - brace - 1), module, imports ? "as" : ":");
    auto rest = line.substr(std::min(line.find(' '), line.size()));
    if (imports && trim(rest).substr(0, 5) == "* as ") rest = trim(rest).substr(5);
    const auto name = first_word(rest);
    if (brace == std::string_view::npos && !name.empty()) add(name, module);
  }

  void read_go(std::string_view line) {
    if (line.substr(0, 7) == "import ") line = trim(line.substr(7));
    if (line.substr(0, 1) == "(") line = trim(line.substr(1));
    const auto open = line.find('"');
    const auto close = open == std::string_view::npos ? open : line.find('"', open + 1);
    if (close == std::string_view::npos || open == 0) return;
    const auto name = trim(line.substr(0, open));
    if (name.find_first_of(" (=.,:\t") == std::string_view::npos)
      add(name, module_name(line.substr(open, close - open + 1)));
  }

  void read_csharp(std::string_view line) {
    if (line.substr(0, 6) != "using ") return;
    auto rest = trim(line.substr(6));
    rest = rest.substr(0, rest.find(';'));
    if (rest.substr(0, 7) == "static ") return add("*", std::string{trim(rest.substr(7))});
    const auto equals = rest.find('=');
    if (equals != std::string_view::npos) add(trim(rest.substr(0, equals)), std::string{trim(rest.substr(equals + 1))});
  }

  std::vector<Alias> take() { return std::move(out_); }

 private:
  std::vector<Alias> out_;
};

/// Several statements may share a line.
template <class Read>
void each_statement(std::string_view line, Read read) {
  while (!line.empty()) {
    const auto part = line.substr(0, line.find(';'));
    line.remove_prefix(std::min(part.size() + 1, line.size()));
    read(trim(part));
  }
}

}  // namespace

std::vector<Alias> aliases_in(Language language, std::string_view text) {
  AliasReader reader;
  const bool script = language == Language::javascript || language == Language::typescript || language == Language::tsx;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = trim(text.substr(at, std::min(end - at, longest_import)));
    const auto rest = text.substr(at, longest_import);
    each_statement(line, [&](std::string_view part) {
      if (language == Language::python) reader.read_python(part, rest);
      if (script) reader.read_ecmascript(part);
      if (language == Language::go) reader.read_go(part);
      if (language == Language::csharp) reader.read_csharp(part);
    });
    at = end + 1;
  }
  return reader.take();
}

std::vector<std::string> meanings_of(const std::vector<Alias>& aliases, const std::string& written) {
  std::vector<std::string> out{written};
  const auto dot = written.find('.');
  const auto first = std::string_view{written}.substr(0, dot);
  for (const auto& alias : aliases) {
    if (alias.name == first)
      out.push_back(alias.target + (dot == std::string::npos ? "" : written.substr(dot)));
    else if (alias.name == "*" && dot == std::string::npos)
      out.push_back(alias.target + "." + written);
  }
  return out;
}

}  // namespace dynascale::check
