#pragma once
/// What every command that asks hostd shares: its options, the guest's name in a path, and printing the answer.

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/model/result.hpp"
#include "ctl/command.hpp"

namespace dynascale::ctl {

struct Options {
  std::string socket = "/run/dynascale/hostd.sock";
  std::string guest;
  bool as_json = false;
};

void add_common(CLI::App& command, const std::shared_ptr<Options>& options);

/// For a path: "web 1" → "web%201".
[[nodiscard]] std::string encoded(const std::string& name);

/// The answer as JSON or as `text` says it; an error on standard error, and into `status`.
void print(const Result<boost::json::object>& reply, const Options& options, ExitStatus& status,
           const std::function<std::string(const boost::json::object&)>& text);

}  // namespace dynascale::ctl
