#include "ctl/policy_command.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "ctl/daemon_client.hpp"
#include "ctl/daemon_options.hpp"
#include "ctl/json_fields.hpp"
#include "runtime/files.hpp"

namespace dynascale::ctl {
namespace {

namespace json = boost::json;

struct PolicyOptions : Options {
  std::string action;
  std::vector<std::string> changes;
  std::string file;
};

Result<std::string> content_of(const std::string& file) {
  if (file.empty()) return std::string{};
  if (file == "-") return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  return Files{}.read(std::filesystem::absolute(file).string());
}

Result<json::object> ask(const PolicyOptions& options) {
  const auto path = "/v1/guests/" + encoded(options.guest) + "/policy";
  if (options.action == "get") {
    if (!options.changes.empty() || !options.file.empty()) return fail(Errc::refused, "get takes no changes");
    return ask_daemon(options.socket, "GET", path);
  }
  const auto xml = content_of(options.file);
  if (!xml) return fail(Errc::refused, xml.error().what);
  if (!options.file.empty() && xml->empty()) return fail(Errc::refused, options.file + " is empty");
  const auto request = policy_request(*xml, options.changes);
  if (!request) return tl::unexpected(request.error());
  return ask_daemon(options.socket, "POST", options.action == "check" ? path + "/check" : path,
                    json::serialize(*request));
}

std::string policy_text(const json::object& reply) {
  const auto xml = text_of(reply, "xml");
  const auto error = text_of(reply, "error_in_xml");
  auto text = xml.empty() ? std::string{"no policy of its own: the host's holds\n"} : xml + "\n";
  if (!error.empty()) text += fmt::format("not in force: {}\n", error);
  text += fmt::format("\n# in force\n{}", text_of(reply, "in_force"));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<json::object> policy_request(const std::string& xml, const std::vector<std::string>& changes) {
  if (xml.empty() == changes.empty())
    return fail(Errc::refused, "give either --file, or changes as in: vcpus.max=8 pressure.target_percent=70 mode=");
  if (!xml.empty()) return json::object{{"xml", xml}};
  json::object set;
  std::string wrong;
  for (const auto& change : changes) {
    const auto equals = change.find('=');
    if (equals == std::string::npos || equals == 0)
      wrong += fmt::format("{}'{}' is no KEY=VALUE", wrong.empty() ? "" : "; ", change);
    else if (!set.emplace(change.substr(0, equals), change.substr(equals + 1)).second)
      wrong += fmt::format("{}{} is given twice", wrong.empty() ? "" : "; ", change.substr(0, equals));
  }
  if (!wrong.empty()) return fail(Errc::refused, wrong);
  return json::object{{"set", std::move(set)}};
}

void add_policy(CLI::App& app, ExitStatus& status) {
  const auto options = std::make_shared<PolicyOptions>();
  auto* command = app.add_subcommand("policy", "Shows, checks or sets a guest's policy in its libvirt metadata");
  command->add_option("ACTION", options->action, "get, set, or check: says what set would do, and does nothing")
      ->required()
      ->check(CLI::IsMember({"get", "set", "check"}));
  command->add_option("GUEST", options->guest, "Name or UUID")->required();
  command->add_option("KEY=VALUE", options->changes, "vcpus.max=8, memory.min=1GiB; no value: take it out");
  command->add_option("--file", options->file, "The whole <policy> element, in place of what is there; - reads it");
  add_common(*command, options);
  command->callback([options, &status] { print(ask(*options), *options, status, policy_text); });
}

}  // namespace dynascale::ctl
