#include "hostd/web/pages.hpp"

#include <algorithm>

namespace dynascale::hostd {
namespace {

std::optional<PageFile> file_at(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  const auto files = page_files();
  const auto found = std::ranges::find(files, path == "/" ? "/index.html" : path, &PageFile::path);
  return found == files.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

bool is_page(std::string_view target) {
  return file_at(target).has_value();
}

std::optional<HttpReply> page_reply(const HttpRequest& request) {
  const auto file = file_at(request.target);
  if (!file || request.method != "GET") return std::nullopt;
  return HttpReply{200, std::string{file->body}, std::string{file->content_type}};
}

}  // namespace dynascale::hostd
