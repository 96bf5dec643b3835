#include <array>

#include "check/output/output.hpp"

namespace dynascale::check {

std::optional<Format> parse_format(std::string_view name) {
  constexpr std::array<std::string_view, 7> names{"text",  "json",     "sarif", "gcc",
                                                  "junit", "markdown", "html"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Format>(i);
  }
  return std::nullopt;
}

std::string print(Format format, const ScanReport& report, const Catalog& catalog,
                  const PrintOptions& options) {
  switch (format) {
    case Format::text:
      return print_text(report, catalog, options);
    case Format::json:
      return print_json(report, catalog, options);
    case Format::sarif:
      return print_sarif(report, catalog);
    case Format::gcc:
      return print_gcc(report);
    case Format::junit:
      return print_junit(report, catalog);
    case Format::markdown:
      return print_markdown(report, catalog, options);
    case Format::html:
      return print_html(report, catalog, options);
  }
  return {};
}

}  // namespace dynascale::check
