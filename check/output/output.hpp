#pragma once
/// Prints a scan's report. Every format is deterministic: equal reports give equal bytes.

#include <optional>
#include <string>
#include <string_view>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {

enum class Format : std::uint8_t { text, json, sarif, gcc, junit, markdown, html };

[[nodiscard]] std::optional<Format> parse_format(std::string_view name);

struct PrintOptions {
  Envelope envelope;
  bool color = false;
  bool verbose = false;
};

[[nodiscard]] std::string print_text(const ScanReport& report, const Catalog& catalog,
                                     const PrintOptions& options);
/// Schema 1; see docs/check.md.
[[nodiscard]] std::string print_json(const ScanReport& report, const Catalog& catalog,
                                     const PrintOptions& options);
[[nodiscard]] std::string print_sarif(const ScanReport& report, const Catalog& catalog);
[[nodiscard]] std::string print_gcc(const ScanReport& report);
[[nodiscard]] std::string print_junit(const ScanReport& report, const Catalog& catalog);
[[nodiscard]] std::string print_markdown(const ScanReport& report, const Catalog& catalog,
                                         const PrintOptions& options);
[[nodiscard]] std::string print_html(const ScanReport& report, const Catalog& catalog,
                                     const PrintOptions& options);

[[nodiscard]] std::string print(Format format, const ScanReport& report, const Catalog& catalog,
                                const PrintOptions& options);

/// "1..8 vCPU, 1..16 GiB".
[[nodiscard]] std::string describe(const Envelope& envelope);

}  // namespace dynascale::check
