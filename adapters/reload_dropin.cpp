#include "adapters/reload_dropin.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::size_t last_words = 400;

/// What stood in the file before; nothing when there was none.
class FormerFile {
 public:
  static Result<FormerFile> keep(const Files& files, const std::string& path) {
    auto content = files.read(path, Bytes::kib(256));
    if (content) return FormerFile{files, path, std::move(*content)};
    if (content.error().code != Errc::not_found) return tl::unexpected(content.error());
    return FormerFile{files, path, std::nullopt};
  }
  /// The failure, with what became of the file.
  tl::unexpected<Error> put_back(const Error& why) const {
    const auto back = content_ ? files_->replace(path_, *content_) : files_->remove(path_);
    return fail(why.code,
                back ? why.what + fmt::format("; {} is as it was before", path_)
                     : why.what + fmt::format("; {} could not be put back: {}", path_, back.error().what));
  }

 private:
  FormerFile(const Files& files, std::string path, std::optional<std::string> content)
      : files_{&files}, path_{std::move(path)}, content_{std::move(content)} {}
  const Files* files_;
  std::string path_;
  std::optional<std::string> content_;
};

}  // namespace

Result<std::int64_t> change_and_reload(const Files& files, const ReloadSteps& steps) {
  const auto former = FormerFile::keep(files, steps.drop_in);
  if (!former) return tl::unexpected(former.error());
  if (auto written = files.replace(steps.drop_in, steps.content); !written)
    return tl::unexpected(written.error());
  if (auto tested = steps.test(); !tested) return former->put_back(tested.error());
  if (auto reloaded = steps.reload(); !reloaded) return former->put_back(reloaded.error());
  auto value = steps.verify();
  if (value) return value;
  auto failure = former->put_back(value.error());
  // The former configuration ran until now, yet what it includes may have changed: it is tested as well.
  auto again = steps.test();
  if (again) again = steps.reload();
  if (!again) failure.value().what += "; the server runs with the new one: " + again.error().what;
  return failure;
}

Result<std::string> run_as_server(const ProcessInfo& server, Command command, const CallLimits& limits) {
  if (command.environment.empty()) command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  if (server.uid != ::geteuid()) command.identity = Identity{.uid = server.uid, .gid = server.gid};
  const auto program = command.argv.empty() ? std::string{} : command.argv.front();
  const auto result = run_command(command, limits.clock, limits.deadline, limits.stop);
  if (!result) return tl::unexpected(result.error());
  if (result->status == 0) return result->output;
  const auto& output = result->output;
  const auto tail = output.substr(output.size() - std::min(last_words, output.size()));
  return fail(Errc::refused, fmt::format("{} refuses the configuration: {}", program, text::trim(tail)));
}

std::vector<std::string> environment_of(const Files& files, std::int32_t pid) {
  const auto text = files.read(fmt::format("/proc/{}/environ", pid));
  return text ? parse_cmdline(*text) : std::vector<std::string>{};
}

std::string missing_drop_in(std::string_view drop_in, std::string_view example) {
  return fmt::format(
      "to let it follow, write \"{}\" to {}, include that file and remove the setting elsewhere", example,
      drop_in);
}

}  // namespace dynascale
