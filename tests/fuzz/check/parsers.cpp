#include "tests/fuzz/check/parsers.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "check/catalog/catalog.hpp"
#include "check/config/setting.hpp"
#include "check/engine/scan.hpp"
#include "check/engine/suppress.hpp"
#include "check/files/classify.hpp"
#include "check/text/keywords.hpp"
#include "check/text/lines.hpp"
#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

void demand(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

void fuzz_config(ConfigKind kind, std::string_view text) {
  const auto config = read_config(kind, text);
  const auto count = Lines{text}.count();
  for (const auto& setting : config.settings) {
    demand(setting.line >= 1 && setting.line <= count, "a setting's line exists");
  }
  for (const auto& command : config.commands) {
    demand(command.line_at(0) <= count, "a command's line exists");
    (void)command.program();
  }
}

void fuzz_lines(std::string_view text) {
  const Lines lines{text};
  std::size_t bytes = 0;
  for (std::uint32_t number = 1; number <= lines.count(); ++number) bytes += lines.line(number).size();
  demand(bytes <= text.size(), "lines are parts of the text");
  for (std::size_t at = 0; at < text.size(); at += 1 + text.size() / 16) {
    demand(lines.line_of(at) >= 1 && lines.line_of(at) <= lines.count(), "an offset lies in a line");
  }
  demand(printable(text, 100).size() <= 100, "printable text is bounded");
}

void fuzz_suppressions(std::string_view text) {
  const std::string path = "app.conf";
  const Lines lines{text};
  const Envelope envelope;
  const FileContext context{path, path, {}, text, lines, envelope};
  std::vector<Finding> findings(3);
  for (std::uint32_t i = 0; i < findings.size(); ++i) findings[i].line = i + 1;
  std::vector<Incident> incidents;
  apply_inline(context, findings, incidents);
  demand(findings.size() <= 3, "a suppression adds nothing");
}

void fuzz_names(std::string_view text) {
  (void)role_of(text);
  (void)config_kind_of(text);
  (void)language_of(text);
  (void)sniff({}, "some.conf", text);
  if (const auto size = parse_size(text)) demand(*size < std::uint64_t{1} << 63U, "a size is below 2^63");
  const Keywords keywords{{"nproc", "cpu_count", "-Xmx"}};
  for (const auto& hit : keywords.find(text, 100)) {
    demand(text.substr(hit.offset).substr(0, 1).size() == 1, "a keyword lies in the text");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  const auto text = input.substr(1);
  constexpr unsigned kinds = static_cast<unsigned>(ConfigKind::go_mod) + 1;
  switch (choice % 5) {
    case 0:
    case 1:
      return fuzz_config(static_cast<ConfigKind>(choice / 5 % kinds), text);
    case 2:
      return fuzz_lines(text);
    case 3:
      return fuzz_suppressions(text);
    default:
      fuzz_names(text);
      (void)parse_rule("fuzz.toml", text);
  }
}

}  // namespace dynascale::check
