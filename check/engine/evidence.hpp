#pragma once
/// A small text that was not scanned as a file but gathered (a command line, an environment, a kernel's
/// settings), judged with the same rules as a file would be.

#include <string>

#include "check/engine/collector.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

class Evidence {
 public:
  /// `path` is what findings print; `relative` enters their fingerprints and must not change from run to run.
  Evidence(std::string path, std::string relative, std::string text, const Envelope& envelope)
      : path_{std::move(path)},
        relative_{std::move(relative)},
        text_{std::move(text)},
        lines_{text_},
        context_{path_, relative_, {}, text_, lines_, envelope, true},
        collector_{context_} {}
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;
  ~Evidence() = default;

  [[nodiscard]] const FileContext& context() const { return context_; }
  [[nodiscard]] Collector& collector() { return collector_; }
  /// Moves what was found into `report`, as findings of `component`.
  void finish(ScanReport& report, const std::string& component);

 private:
  std::string path_, relative_, text_;
  Lines lines_;
  FileContext context_;
  Collector collector_;
};

/// What a rule says about one line of a text, without a pattern: the judge has looked already.
struct Verdict {
  std::string rule;
  Level level = Level::warning;
  std::string path;
  std::uint32_t line = 1;
  std::string text;     ///< The line itself.
  std::string subject;  ///< Enters the fingerprint in place of the text, whose numbers change.
  std::string message;
};

/// A verdict whose rule the catalogue does not know is a defect of this program, and aborts.
[[nodiscard]] Finding finding_of(const Verdict& verdict, const Catalog& catalog,
                                 const std::string& component);

/// A verdict on the first line of `text` that begins with `key`; on line 1 when none does.
void point_at(Verdict& verdict, std::string_view text, std::string_view key);

}  // namespace dynascale::check
