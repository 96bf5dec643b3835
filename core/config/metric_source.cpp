#include "core/config/metric_source.hpp"

#include <fmt/format.h>

#include "core/config/listen_address.hpp"
#include "core/model/metric.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::config {
namespace {

constexpr std::size_t max_socket_path = 107;  // Of sockaddr_un, its end left out.
constexpr std::size_t max_url = 512;

tl::unexpected<Error> wrong(std::string what) { return fail(Errc::invalid_argument, std::move(what)); }

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c > '~' || c == '#') return false;
  return text.size() <= max_url;
}

bool is_source_name(std::string_view name) {
  return !name.empty() && name.size() <= max_metric_name &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

class SourceChecker {
 public:
  SourceChecker(std::string path, std::string file, std::vector<Problem>& problems)
      : path_{std::move(path)}, file_{std::move(file)}, problems_{problems} {}
  void problem(std::string_view key, std::string what) {
    problems_.push_back(
        {.file = file_, .line = 0, .column = 0, .key = path_ + std::string{key}, .what = std::move(what)});
  }

 private:
  std::string path_;
  std::string file_;
  std::vector<Problem>& problems_;
};

void check_one(SourceChecker& checker, const std::string& name, const MetricSource& source) {
  if (!is_source_name(name))
    checker.problem("", "must be called by lower-case letters, digits, '_' and '-', at most 64");
  if (source.url.text.empty()) checker.problem(".url", "is missing; for example \"http://127.0.0.1:9100/metrics\"");
  if (source.every < source.timeout) checker.problem(".timeout", "must not be above every");
  if (source.figures.empty()) checker.problem("", "tells nothing: a table figure.NAME with series is missing");
  for (const auto& [figure, rule] : source.figures) {
    const auto key = ".figure." + figure;
    if (!is_metric_name(figure))
      checker.problem(key, "must be called by lower-case letters, digits and '_', a letter first, at most 64");
    if (rule.series.name.empty()) checker.problem(key + ".series", "is missing; for example 'jobs{queue=\"mail\"}'");
  }
}

}  // namespace

Result<MetricUrl> parse_metric_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  constexpr std::string_view unix = "unix:";
  MetricUrl url;
  url.text = std::string{text};
  if (!is_plain(text)) return wrong("must be of at most 512 printable characters, without blanks and #");
  if (!text.starts_with(scheme)) return wrong("must begin with http://; on this machine there is no need of TLS");
  text.remove_prefix(scheme.size());
  if (text.starts_with(unix)) {
    text.remove_prefix(unix.size());
    const auto colon = text.find(':');
    url.socket = std::string{text.substr(0, colon)};
    if (!url.socket.starts_with('/') || url.socket.size() > max_socket_path)
      return wrong("must name a Unix socket by its full path: \"http://unix:/run/app.sock:/metrics\"");
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
    if (!text.empty() && !text.starts_with('/')) return wrong("must have a path behind the socket that begins with /");
  } else {
    auto place = std::string{text.substr(0, text.find('/'))};
    text.remove_prefix(place.size());
    if (place.starts_with("localhost:")) place.replace(0, 9, "127.0.0.1");
    const auto address = parse_listen_address(place);
    if (!address || !address->loopback)
      return wrong("must be on this machine, with its port: \"http://127.0.0.1:9100/metrics\", \"http://[::1]:9100\" or "
                   "\"http://unix:/run/app.sock:/metrics\"");
    url.address = address->address;
    url.port = address->port;
  }
  if (!text.empty()) url.target = std::string{text};
  return url;
}

void check(const MetricSources& sources, const std::string& source, std::vector<Problem>& problems) {
  std::size_t figures = 0;
  for (const auto& [name, one] : sources) {
    SourceChecker checker{"metrics." + name, source, problems};
    check_one(checker, name, one);
    figures += one.figures.size();
  }
  SourceChecker all{"metrics", source, problems};
  if (sources.size() > max_metric_sources)
    all.problem("", fmt::format("names more than {} endpoints", max_metric_sources));
  if (figures > wire::max_metrics)
    all.problem("", fmt::format("names more than {} figures in all", wire::max_metrics));
}

}  // namespace dynascale::config
