#include "adapters/celery/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <span>

#include "adapters/argv.hpp"
#include "runtime/text.hpp"

namespace dynascale::celery {
namespace {

namespace json = boost::json;

constexpr std::size_t max_processes = 10'000;
constexpr std::size_t max_text = 300;

/// Options before the verb that are followed by a value.
constexpr std::array valued{std::string_view{"-A"},
                            std::string_view{"--app"},
                            std::string_view{"-b"},
                            std::string_view{"--broker"},
                            std::string_view{"--result-backend"},
                            std::string_view{"--loader"},
                            std::string_view{"--config"},
                            std::string_view{"--workdir"}};

/// Where the options of `celery` begin: behind the program or behind "-m celery".
std::optional<std::size_t> options_begin(const std::vector<std::string>& argv) {
  for (std::size_t index = 1; index < std::min<std::size_t>(argv.size(), 8); ++index) {
    const auto name = base_name(argv[index]);
    const bool module = argv[index - 1] == "-m" && argv[index] == "celery";
    if (module || (argv[index][0] == '/' && name == "celery") || argv[index].ends_with("/celery/__main__.py"))
      return index + 1;
  }
  return std::nullopt;
}

std::optional<std::size_t> verb_at(const std::vector<std::string>& argv, std::size_t begin) {
  for (auto index = begin; index < argv.size(); ++index) {
    if (!argv[index].starts_with('-')) return argv[index] == "worker" ? std::optional{index} : std::nullopt;
    if (std::ranges::find(valued, argv[index]) != valued.end()) ++index;
  }
  return std::nullopt;
}

/// "w1", "w1@%h", "" and so on, as celery.utils.nodenames completes them.
std::string node_name(std::string_view given, std::string_view hostname) {
  const auto at = given.find('@');
  const auto name =
      at == std::string_view::npos || at == 0 ? std::string_view{"celery"} : given.substr(0, at);
  const auto host = at == std::string_view::npos ? given : given.substr(at + 1);
  const auto pattern = fmt::format("{}@{}", name, host.empty() ? hostname : host);
  const auto dot = hostname.find('.');
  std::string node;
  for (std::string_view rest = pattern; !rest.empty();) {
    node += text::take_until(rest, '%');
    if (rest.empty()) break;
    if (rest[0] == 'h') node += hostname;
    if (rest[0] == 'n') node += hostname.substr(0, dot);
    if (rest[0] == 'd' && dot != std::string_view::npos) node += hostname.substr(dot + 1);
    if (rest[0] == '%') node += '%';
    rest.remove_prefix(1);
  }
  return node;
}

Result<std::vector<std::int32_t>> pids_in(const json::value& value) {
  std::vector<std::int32_t> pids;
  if (!value.is_array() || value.get_array().size() > max_processes)
    return fail(Errc::corrupt, "Celery's 'processes' is no list of processes");
  for (const auto& one : value.get_array()) {
    if (!one.is_int64() || one.get_int64() <= 0 || one.get_int64() > INT32_MAX)
      return fail(Errc::corrupt, "Celery's 'processes' holds what is no process");
    pids.push_back(static_cast<std::int32_t>(one.get_int64()));
  }
  return pids;
}

}  // namespace

std::optional<Worker> worker_in(const std::vector<std::string>& argv, const std::string& hostname) {
  const auto begin = options_begin(argv);
  const auto verb = begin ? verb_at(argv, *begin) : std::nullopt;
  if (!verb || !base_name(argv[0]).starts_with("python")) return std::nullopt;
  // Celery 4 takes the options of all verbs behind the verb as well.
  const auto all = std::span{argv}.subspan(*begin);
  const auto value = [](auto words, auto... names) { return option_value(words, {names...}).value_or(""); };
  return Worker{.interpreter = argv[0],
                .node = node_name(value(std::span{argv}.subspan(*verb), "-n", "--hostname"), hostname),
                .application = value(all, "-A", "--app"),
                .broker = value(all, "-b", "--broker"),
                .config = value(all, "--config"),
                .loader = value(all, "--loader"),
                .work_directory = value(all, "--workdir"),
                .pool = option_value(std::span{argv}.subspan(*verb), {"-P", "--pool"}).value_or("prefork")};
}

std::optional<std::string> node_in_title(std::string_view title) {
  constexpr std::string_view head = "[celeryd: ";
  constexpr std::string_view tail = ":MainProcess]";
  if (!title.starts_with(head)) return std::nullopt;
  title.remove_prefix(head.size());
  const auto end = title.find(tail);
  const auto node = title.substr(0, end);
  if (end == std::string_view::npos || node.find('@') == std::string_view::npos) return std::nullopt;
  return std::string{node};
}

std::int64_t Pool::size() const {
  const auto running = static_cast<std::int64_t>(processes.size());
  return autoscale_most ? std::max(*autoscale_most, running) : running;
}

Result<Pool> parse_answer(std::string_view output) {
  constexpr std::string_view mark = "\ndynascale ";
  const auto at = output.rfind(mark);
  if (at == std::string_view::npos)
    return fail(Errc::unavailable,
                fmt::format("Celery's application could not be asked: {}", harmless(output)));
  output.remove_prefix(at + mark.size());
  const auto line = text::take_until(output, '\n');
  json::error_code error;
  const auto value = json::parse({line.data(), line.size()}, error, {}, {.max_depth = 8});
  if (error || !value.is_object()) return fail(Errc::corrupt, "Celery's answer is no object of JSON");
  const auto& answer = value.get_object();
  if (const auto* what = answer.if_contains("error"); what != nullptr && what->is_string()) {
    const auto* kind = answer.if_contains("kind");
    const bool late = kind != nullptr && kind->is_string() && kind->get_string() == "timeout";
    return fail(late ? Errc::timeout : Errc::refused,
                "Celery: " + harmless(std::string_view{what->get_string()}));
  }
  const auto* pid = answer.if_contains("pid");
  const auto* processes = answer.if_contains("processes");
  if (pid == nullptr || !pid->is_int64() || processes == nullptr)
    return fail(Errc::corrupt, "Celery's answer tells neither 'pid' nor 'processes'");
  if (processes->is_null())
    return fail(Errc::unsupported, "Celery's pool is none of processes: only prefork follows");
  auto pids = pids_in(*processes);
  if (!pids) return tl::unexpected(pids.error());
  Pool pool{.pid = static_cast<std::int32_t>(pid->get_int64()), .processes = std::move(*pids)};
  const auto* scaled = answer.if_contains("autoscale");
  if (scaled != nullptr && scaled->is_array() && !scaled->get_array().empty() &&
      scaled->get_array()[0].is_int64())
    pool.autoscale_most = scaled->get_array()[0].get_int64();
  return pool;
}

std::string harmless(std::string_view text) {
  text = text::trim(text);
  std::string out;
  while (!text.empty()) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) break;
    out += text.substr(0, scheme + 3);
    text.remove_prefix(scheme + 3);
    const auto end = std::min(text.find_first_of(" \t\r\n'\""), text.size());
    const auto at = text.substr(0, end).rfind('@');
    if (at != std::string_view::npos) text.remove_prefix(at + 1);
  }
  out += text;
  return out.size() > max_text ? out.substr(out.size() - max_text) : out;
}

}  // namespace dynascale::celery
