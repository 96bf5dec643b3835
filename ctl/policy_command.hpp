#pragma once
/// `policy get|set|check GUEST`: a guest's policy in its libvirt metadata, through hostd.

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/model/result.hpp"
#include "ctl/command.hpp"

namespace dynascale::ctl {

void add_policy(CLI::App& app, ExitStatus& status);

/// What hostd is asked for: the whole element, or changes as KEY=VALUE. Errors: `refused` with every mistake. Pure.
[[nodiscard]] Result<boost::json::object> policy_request(const std::string& xml,
                                                         const std::vector<std::string>& changes);

}  // namespace dynascale::ctl
