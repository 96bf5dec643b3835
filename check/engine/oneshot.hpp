#pragma once
/// Command-line tools: programs that ask, work and end. That they keep what they were told at start matters only as
/// long as they run, so what the scan says of their code is a note.

#include <string>
#include <vector>

#include "check/files/walk.hpp"
#include "check/model/finding.hpp"

namespace dynascale::check {

/// Whether a package's manifest says that it is a command-line or development tool. `name` is the manifest's file
/// name (Cargo.toml, pyproject.toml, setup.cfg, setup.py, package.json).
[[nodiscard]] bool is_tool_manifest(std::string_view name, std::string_view text);

/// Whether a source file listens or serves: what it keeps, it keeps for long, whatever its package says.
[[nodiscard]] bool is_service_code(std::string_view text);

/// The folders of such packages, with a trailing '/', unless a unit, a Procfile or a compose file below them runs
/// them as a service.
[[nodiscard]] std::vector<std::string> tool_folders(const std::vector<ListedFile>& files);

/// Lowers what was found in source code below `folders` (questions 1 and 3) to a note.
void lower_tools(const std::vector<std::string>& folders, std::vector<Finding>& findings);

}  // namespace dynascale::check
