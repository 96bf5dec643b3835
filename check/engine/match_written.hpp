#pragma once
/// Commands that write configuration: `echo 'opcache.memory_consumption=128' >> php.ini`,
/// `sed -i 's/pm.max_children = 5/pm.max_children = 50/' www.conf`. What they write counts like the file itself.

#include "check/config/setting.hpp"
#include "check/engine/collector.hpp"
#include "check/engine/matchers.hpp"

namespace dynascale::check {

/// A line of the text that `command` (`cat > /etc/nginx/nginx.conf <<EOF`) writes into a file whose name says what it
/// configures.
void match_heredoc(const FileContext& context, const Matchers& matchers, std::string_view command,
                   std::string_view line, std::uint32_t number, Collector& out);

void match_written(const FileContext& context, const Matchers& matchers, const CommandText& command, Collector& out);

}  // namespace dynascale::check
