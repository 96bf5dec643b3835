#pragma once
/// Commands that ask a running hostd: status, explain, pause, resume.

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "core/model/result.hpp"
#include "ctl/command.hpp"

namespace dynascale::ctl {

void add_status(CLI::App& app, ExitStatus& status);
void add_explain(CLI::App& app, ExitStatus& status);
void add_pause_and_resume(CLI::App& app, ExitStatus& status);

/// One request to hostd at `socket`. Errors: those of unix_http_request; `refused` with the daemon's own words.
[[nodiscard]] Result<boost::json::object> ask_daemon(const std::string& socket, const std::string& method,
                                                     const std::string& target, const std::string& body = {});

/// What people read. Pure; `reply` is hostd's answer.
[[nodiscard]] std::string status_text(const boost::json::object& reply);
[[nodiscard]] std::string decision_text(const boost::json::object& decision);
[[nodiscard]] std::string resize_text(const boost::json::object& resize);
[[nodiscard]] std::string explain_text(const boost::json::object& reply);

}  // namespace dynascale::ctl
