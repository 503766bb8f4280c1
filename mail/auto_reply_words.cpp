#include "mail/auto_reply_words.h"

#include <array>

namespace postrider::mail {

namespace {

using std::string_view;

constexpr auto vacation_beginnings_table = std::to_array<string_view>(
    {"out of office", "out of the office", "out-of-office", "automatic reply", "auto reply",
     "auto-reply", "autoreply", "automatic response", "auto response", "auto-response",
     "autoresponse", "autoresponder", "automated reply", "automated response", "auto:", "vacation:",
     "[auto-reply", "[auto reply", "[autoreply", "[automatic reply", "vacation reply",
     "vacation message", "vacation notice", "vacation auto", "away from my mail", "away from mail",
     "away from office", "away from the office", "i am away", "i'm away", "i am on vacation",
     "on vacation", "on annual leave", "annual leave", "on holiday", "on maternity leave",
     "maternity leave", "i am out of", "i'm out of", "currently out of", "absence notice",
     // German
     "abwesenheit", "automatische antwort", "automatische rückantwort", "automatische abwesenheit",
     "autom. antwort", "außer haus", "ausser haus", "abwesend", "urlaubsbenachrichtigung",
     "ich bin im urlaub", "nicht im büro", "eingangsbestätigung",
     // French
     "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau",
     "message d'absence", "notification d'absence", "absence :", "absence:", "je suis absent",
     "en congé", "accusé de réception",
     // Spanish, Catalan, Portuguese, Italian, Romanian
     "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina",
     "autorespuesta", "auto respuesta", "respuesta de ausencia", "mensaje de ausencia",
     "ausente de la oficina", "resposta automàtica", "resposta automática", "resposta automatica",
     "fora do escritório", "ausência temporária", "aviso de ausência", "estou ausente",
     "risposta automatica", "fuori sede", "fuori ufficio", "assente dall'ufficio",
     "messaggio di assenza", "notifica di assenza", "răspuns automat", "raspuns automat",
     "absent din birou", "în afara biroului",
     // Dutch, Danish, Norwegian, Swedish, Finnish, Estonian
     "automatisch antwoord", "automatische beantwoording", "automatisch bericht", "afwezig",
     "buiten kantoor", "niet op kantoor", "autosvar", "automatisk svar", "ikke til stede",
     "fraværende", "fraværsmelding", "fravær", "ikke på kontoret", "ute av kontoret",
     "automatiskt svar", "frånvarande", "frånvaro", "ej på kontoret", "inte på kontoret",
     "automaattinen vastaus", "automaattivastaus", "poissa toimistosta", "poissaoloilmoitus",
     "olen lomalla", "automaatvastus",
     // Polish, Czech, Slovak, Hungarian, Slovene, Croatian, Serbian, Latvian, Lithuanian
     "automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "nieobecność",
     "poza biurem", "jestem nieobecn", "automatická odpověď", "nepřítomnost", "mimo kancelář",
     "automatická odpoveď", "neprítomnosť", "automatikus válasz", "házon kívül", "irodán kívül",
     "távolléti", "samodejni odgovor", "odsoten", "automatski odgovor", "odsutan",
     "automātiskā atbilde", "automatinis atsakymas",
     // Russian, Ukrainian, Bulgarian, Greek, Turkish
     "автоответ", "автоматический ответ", "вне офиса", "отсутствие на", "я в отпуске",
     "нахожусь в отпуске", "автоматична відповідь", "автовідповід", "автоматичен отговор",
     "извън офиса", "αυτόματη απάντηση", "εκτός γραφείου", "otomatik yanıt", "otomatik cevap",
     "ofis dışında", "ofis dışı",
     // Hebrew, Arabic, Japanese, Chinese, Korean, Vietnamese, Indonesian, Thai
     "תשובה אוטומטית", "מענה אוטומטי", "מחוץ למשרד", "رد تلقائي", "خارج المكتب", "自動応答",
     "自動返信", "【自動返信】", "【自動応答】", "不在通知", "不在応答", "不在連絡", "[自動応答]",
     "外出中", "自动回复", "自動回覆", "自動回復", "自动答复", "不在办公室", "休假", "자동 회신",
     "자동응답", "자동 응답", "부재중", "trả lời tự động", "balasan otomatis", "ตอบกลับอัตโนมัติ"});

constexpr auto vacation_words_table = std::to_array<string_view>(
    {"is out of the office", "is out of office", "(out of office)", "[out of office]",
     "will be out of the office", "am out of the office", "ist außer haus", "ist nicht im büro",
     "is on vacation", "est absent", "out of office autoreply", "out of office reply", "(自动回复)",
     "(automatic reply)", "vacation autoreply"});

constexpr auto challenge_words_table =
    std::to_array<string_view>({"[boxtrapper]",
                                "your email requires verification",
                                "please confirm your message",
                                "confirm your message to",
                                "confirm your email to",
                                "message confirmation required",
                                "confirmation required for",
                                "verify your email to",
                                "verify your message",
                                "spam arrest",
                                "spamarrest",
                                "antispam uol",
                                "sender verification",
                                "verify#",
                                "sender authentication required",
                                "please verify your mail",
                                "authorize your email",
                                "awaiting verification",
                                "needs to be verified",
                                "bluebottle",
                                "challenge-response"});

constexpr auto challenge_fields_table = std::to_array<string_view>(
    {"x-boxtrapper", "x-spamarrest", "x-spam-arrest", "x-tmda-fingerprint", "x-challenge-response",
     "x-choicemail-registration-request", "x-uol-antispam"});

constexpr auto machine_fields_table = std::to_array<string_view>(
    {"x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-auto-respond",
     "x-autoreply-from", "x-auto-reply-from", "x-mail-autoreply", "x-autoreplyto",
     "x-autogenerated", "x-list-administrivia", "x-autoreply-domain", "x-fc-machinegenerated",
     "x-auto-generated", "x-cpanel-autoresponder", "x-vacation", "auto-reply"});

constexpr auto failure_subjects_table =
    std::to_array<string_view>({"undeliver",
                                "undelivered",
                                "delivery status notification",
                                "delivery status report",
                                "delivery failure",
                                "delivery failed",
                                "delivery has failed",
                                "delivery problem",
                                "delivery error",
                                "delivery report",
                                "delivery notification",
                                "delivery unsuccessful",
                                "delivery delayed",
                                "delivery warning",
                                "returned mail",
                                "returned message",
                                "returned to sender",
                                "return to sender",
                                "returning message",
                                "failure notice",
                                "failure delivery",
                                "failed delivery",
                                "mail delivery",
                                "mail failure",
                                "mail error",
                                "mail system error",
                                "mail could not be delivered",
                                "message could not be delivered",
                                "message not delivered",
                                "non-delivery",
                                "nondelivery",
                                "non delivery",
                                "nondeliverable",
                                "not deliverable",
                                "could not send message",
                                "could not be delivered",
                                "can not be delivered",
                                "cannot be delivered",
                                "unable to deliver",
                                "failed mail",
                                "bounced mail",
                                "ndn:",
                                "message status - undeliverable",
                                "warning: could not send",
                                "warning: message",
                                "unknown user",
                                "user unknown",
                                "mailbox full",
                                "mailbox unavailable",
                                "message delayed",
                                "unzustellbar",
                                "nicht zustellbar",
                                "zustellung fehlgeschlagen",
                                "zustellungsfehler",
                                "nachricht konnte nicht",
                                "non remis",
                                "échec de",
                                "echec de",
                                "non distribu",
                                "no se puede entregar",
                                "no entregado",
                                "error de entrega",
                                "devuelto",
                                "mancata consegna",
                                "non recapitabile",
                                "impossibile recapitare",
                                "não entregue",
                                "falha na entrega",
                                "onbestelbaar",
                                "niet bezorgd",
                                "oleverans",
                                "kunne ikke leveres",
                                "niedostarczon",
                                "nedoručiteln",
                                "не доставлен",
                                "недоставлен",
                                "невозможно доставить",
                                "ошибка доставки",
                                "配信不能",
                                "配信できません",
                                "配信エラー",
                                "送信エラー",
                                "系统退信",
                                "退信",
                                "退件",
                                "无法投递",
                                "無法投遞",
                                "投递失败",
                                "배달 실패",
                                "배달되지",
                                "전송 실패"});

constexpr auto mailer_locals_table = std::to_array<string_view>(
    {"mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "maildaemon", "postmaster",
     "post_master", "mdaemon", "mail.daemon", "mailer.daemon", "bounce-notification", "ndr",
     "undelivered", "delivery-notification", "maildelivery", "smtp-daemon"});

constexpr auto mailer_names_table = std::to_array<string_view>(
    {"mail delivery", "mailer-daemon", "mailer daemon", "postmaster", "mail administrator",
     "system administrator", "systemadministrator", "mail system", "mail router", "internet mail",
     "microsoft exchange", "delivery subsystem", "mail deliver system"});

}  // namespace

Words vacation_beginnings() { return vacation_beginnings_table; }
Words vacation_words() { return vacation_words_table; }
Words challenge_words() { return challenge_words_table; }
Words challenge_fields() { return challenge_fields_table; }
Words machine_fields() { return machine_fields_table; }
Words failure_subjects() { return failure_subjects_table; }
Words mailer_locals() { return mailer_locals_table; }
Words mailer_names() { return mailer_names_table; }

}  // namespace postrider::mail
