#pragma once
/// Scans trees of files on all cores and returns everything in a stable order.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "check/effective/config_file.hpp"
#include "check/engine/matchers.hpp"
#include "check/model/finding.hpp"

namespace dynascale::check {

struct ScanOptions {
  std::vector<std::string> paths;
  std::vector<std::string> excludes;  ///< Globs below the given folders.
  Envelope envelope;
  unsigned threads = 0;        ///< 0: one a core.
  bool include_tests = false;  ///< Judge tests, documentation code, build scripts and vendored code too.
};

struct ScanReport {
  std::vector<Finding> findings;    ///< By path and line.
  std::vector<Incident> incidents;  ///< What kept the scan from being complete.
  std::vector<ConfigFile> configs;  ///< Read, of formats in which files include or override one another.
  std::size_t files = 0;            ///< Listed.
  std::size_t judged = 0;           ///< Read and understood.
  std::uint64_t bytes = 0;
};

/// `progress(done, total)` is called from worker threads, now and then.
[[nodiscard]] ScanReport scan(const ScanOptions& options, const Matchers& matchers,
                              const std::function<void(std::size_t, std::size_t)>& progress);

/// One file's content, already read. Pure. `known` says the kind of a file that another one includes; its name then
/// does not matter.
[[nodiscard]] ScanReport scan_text(const std::string& path, const std::string& relative,
                                   std::string_view text, const ScanOptions& options,
                                   const Matchers& matchers, ConfigKind known = ConfigKind::none);

}  // namespace dynascale::check
