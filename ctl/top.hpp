#pragma once
/// `top`: all guests at a glance, live in a terminal; once, when the output is none.

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "ctl/command.hpp"

namespace dynascale::ctl {

void add_top(CLI::App& app, ExitStatus& status);

struct Screen {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// hostd's status as a table that fits the screen: guests that wait or change first, then by what they use of what
/// they have. Says how many guests do not fit. No character of a name or text moves the cursor. Pure.
[[nodiscard]] std::string top_text(const boost::json::object& status, const Screen& screen);

}  // namespace dynascale::ctl
