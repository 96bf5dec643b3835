#pragma once
/// Audits running applications: /proc, their cgroup, command line, environment and configuration files.
/// Reads only. Blocks for the time of the reads; any thread.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "check/ask/answer.hpp"
#include "check/catalog/catalog.hpp"
#include "check/engine/matchers.hpp"
#include "check/engine/scan.hpp"
#include "check/inspect/instance.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

/// Asks an instance's server that has been running for `age_s`; see ask_server. Nothing for what is no known server.
using Ask = std::function<std::optional<Result<ServerAnswer>>(const LiveInstance& instance, double age_s)>;

struct InspectOptions {
  std::vector<std::int32_t> pids = {};
  std::vector<std::string> units = {};  ///< With or without ".service".
  bool all = false;
  std::string root = "/";  ///< Where proc, sys and etc are looked up.
  Envelope envelope = {};
  Ask ask = {};  ///< Empty: nobody is asked. A server that does not answer is an incident DSC905.
};

/// A pid or unit that does not run, and what the rights did not allow to read, become incidents DSC903.
/// Errors: those of listing /proc.
[[nodiscard]] Result<ScanReport> inspect(const InspectOptions& options, const Catalog& catalog,
                                         const Matchers& matchers);

}  // namespace dynascale::check
