#include "config/providers.h"

#include <algorithm>
#include <array>

namespace postrider::config {

namespace {

using namespace std::chrono_literals;
using Names = std::string_view;

constexpr std::array google{Names("gmail.com"), Names("googlemail.com")};
constexpr std::array outlook{Names("outlook.com"), Names("hotmail.com"),    Names("live.com"),
                             Names("msn.com"),     Names("hotmail.co.uk"),  Names("hotmail.fr"),
                             Names("hotmail.de"),  Names("hotmail.it"),     Names("hotmail.es"),
                             Names("outlook.fr"),  Names("outlook.de"),     Names("outlook.es"),
                             Names("live.co.uk"),  Names("live.fr"),        Names("live.nl"),
                             Names("live.com.au"), Names("windowslive.com")};
constexpr std::array yahoo{
    Names("yahoo.com"),    Names("ymail.com"),   Names("rocketmail.com"), Names("yahoo.co.uk"),
    Names("yahoo.fr"),     Names("yahoo.de"),    Names("yahoo.it"),       Names("yahoo.es"),
    Names("yahoo.ca"),     Names("yahoo.co.in"), Names("yahoo.in"),       Names("yahoo.com.br"),
    Names("yahoo.com.au"), Names("aol.com"),     Names("aim.com"),        Names("verizon.net")};
constexpr std::array apple{Names("icloud.com"), Names("me.com"), Names("mac.com")};
constexpr std::array gmx{Names("gmx.de"),  Names("gmx.net"), Names("gmx.at"),  Names("gmx.ch"),
                         Names("gmx.com"), Names("web.de"),  Names("mail.com")};
constexpr std::array t_online{Names("t-online.de"), Names("magenta.de")};
constexpr std::array orange{Names("orange.fr"), Names("wanadoo.fr")};
constexpr std::array comcast{Names("comcast.net"), Names("xfinity.com")};
constexpr std::array proton{Names("proton.me"), Names("protonmail.com"), Names("pm.me")};
constexpr std::array mail_ru{Names("mail.ru"), Names("bk.ru"), Names("inbox.ru"), Names("list.ru"),
                             Names("internet.ru")};
constexpr std::array yandex{Names("yandex.ru"), Names("yandex.com"), Names("ya.ru"),
                            Names("yandex.by"), Names("yandex.kz")};
constexpr std::array qq{Names("qq.com"), Names("foxmail.com")};
constexpr std::array netease{Names("163.com"), Names("126.com"), Names("yeah.net")};

constexpr std::array all{
    Provider{"google", google, 5, {50, 1s}},
    Provider{"outlook", outlook, 5, {20, 1s}},
    Provider{"yahoo", yahoo, 10, {20, 1s}},
    Provider{"apple", apple, 10, {20, 1s}},
    Provider{"gmx", gmx, 4, {20, 1s}},
    Provider{"t-online", t_online, 4, {10, 1s}},
    Provider{"orange", orange, 2, {10, 1s}},
    Provider{"comcast", comcast, 10, {20, 1s}},
    Provider{"proton", proton, 5, {10, 1s}},
    Provider{"mail.ru", mail_ru, 5, {10, 1s}},
    Provider{"yandex", yandex, 5, {10, 1s}},
    Provider{"qq", qq, 2, {100, 1min}},
    Provider{"netease", netease, 2, {100, 1min}},
};

}  // namespace

std::span<const Provider> providers() { return all; }

const Provider* find_provider(std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const Provider& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace postrider::config
