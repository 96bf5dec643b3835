#pragma once
/// Gathers one file's findings and turns matches into findings.

#include <string>
#include <vector>

#include "check/catalog/rule.hpp"
#include "check/files/classify.hpp"
#include "check/model/finding.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {

/// What the scanners of one file share.
struct FileContext {
  const std::string& path;
  const std::string& relative;
  FileClass file;
  std::string_view text;
  const Lines& lines;
  const Envelope& envelope;
  bool include_tests = false;  ///< Judge tests that stand beside the code, too.
};

struct Hit {
  const Rule* rule = nullptr;
  std::uint32_t line = 0;
  std::uint32_t column = 1;
  std::string message;
  Level level = Level::warning;
  Adaptation grow = Adaptation::unknown, shrink = Adaptation::unknown;
  std::string component;
};

/// Sixteen hexadecimal digits; equal texts give equal ones.
[[nodiscard]] std::string fingerprint_of(std::string_view text);

class Collector {
 public:
  explicit Collector(const FileContext& context) : context_{context} {}

  void add(Hit hit);
  void incident(std::string rule, std::uint32_t line, std::string message, Level level);
  /// Findings sorted by line, one a rule and line, and of rules that say the same only the most exact one.
  [[nodiscard]] std::vector<Finding> finish();
  [[nodiscard]] std::vector<Incident> take_incidents() { return std::move(incidents_); }

 private:
  const FileContext& context_;
  std::vector<Hit> hits_;
  std::vector<Incident> incidents_;
};

}  // namespace dynascale::check
