#include "mail/leaving_words.h"

#include <array>

namespace postrider::mail {

namespace {

using std::string_view;

constexpr auto phrases = std::to_array<string_view>(
    {"unsubscribe", "unsubscribe me", "remove me", "cancel subscription", "opt out", "opt-out",
     "unsubscribe from this list", "unsubscribe from the list", "unsubscribe me from this list",
     "unsubscribe me from your list", "unsubscribe me from your mailing list",
     "unsubscribe me from this mailing list", "unsubscribe from this newsletter",
     "unsubscribe from your newsletter", "unsubscribe me from this newsletter",
     "unsubscribe me from your newsletter", "remove me from this list", "remove me from your list",
     "remove me from this mailing list", "remove me from your mailing list",
     "remove me from the mailing list", "remove my address from your list",
     "remove my email from your list", "take me off this list", "take me off your list",
     "take me off your mailing list", "i want to unsubscribe", "i would like to unsubscribe",
     "i'd like to unsubscribe", "i wish to unsubscribe", "cancel my subscription",
     // German
     "abmelden", "abbestellen", "abmeldung", "abbestellung", "austragen", "mich abmelden",
     "mich austragen", "melden sie mich ab", "tragen sie mich aus", "newsletter abbestellen",
     "newsletter abmelden", "vom newsletter abmelden", "abmeldung vom newsletter",
     "ich möchte mich abmelden", "ich möchte den newsletter abbestellen",
     "hiermit melde ich mich ab",
     // French
     "désabonner", "desabonner", "se désabonner", "se desabonner", "me désabonner", "me desabonner",
     "désabonnez-moi", "desabonnez-moi", "désabonnement", "desabonnement", "désinscription",
     "desinscription", "désinscrire", "me désinscrire", "se désinscrire", "désinscrivez-moi",
     "désinscrivez moi", "désabonnez moi", "je souhaite me désabonner", "je veux me désabonner",
     "je voudrais me désabonner", "je souhaite me désinscrire",
     // Spanish, Catalan, Portuguese, Italian, Romanian
     "darme de baja", "darse de baja", "dar de baja", "dame de baja", "deme de baja",
     "denme de baja", "quiero darme de baja", "deseo darme de baja", "solicito la baja",
     "cancelar suscripción", "cancelar suscripcion", "cancelar la suscripción",
     "cancelar la suscripcion", "cancelar mi suscripción", "cancelar mi suscripcion",
     "anular suscripción", "anular la suscripción", "anular mi suscripción", "desuscribirme",
     "desuscribirse", "desuscribir", "donar-me de baixa", "cancelar subscrição",
     "cancelar a subscrição", "cancelar inscrição", "cancelar a inscrição",
     "cancelar minha inscrição", "cancelar assinatura", "cancelar minha assinatura", "descadastrar",
     "me descadastre", "quero me descadastrar", "disiscrivimi", "disiscrizione", "disiscriversi",
     "annulla iscrizione", "annulla l'iscrizione", "annullare l'iscrizione", "cancellami",
     "cancellatemi dalla lista", "cancellazione iscrizione", "dezabonare", "dezabonează-mă",
     "vreau să mă dezabonez",
     // Dutch, Danish, Norwegian, Swedish, Finnish
     "uitschrijven", "afmelden", "ik wil me uitschrijven", "schrijf mij uit", "meld mij af",
     "afmeld", "afmelding", "frameld", "frameld mig", "afmeld mig", "meld meg av", "avmeld",
     "avregistrera", "avregistrera mig", "avprenumerera", "avsluta prenumeration",
     "avsluta prenumerationen", "peruuta tilaus", "lopeta tilaus", "peruuttaa tilaus",
     // Polish, Czech, Slovak, Hungarian, Slovene, Croatian, Serbian
     "wypisz", "wypisz mnie", "wypisz mnie z listy", "anuluj subskrypcję",
     "rezygnuję z subskrypcji", "rezygnuję z newslettera", "odhlásit", "odhlásit se", "odhlaste mě",
     "odhlásit odběr", "zrušit odběr", "odhlásiť", "odhlásiť sa", "zrušiť odber", "leiratkozás",
     "leiratkozom", "szeretnék leiratkozni", "odjava", "odjavi me", "odjavite me", "одјава",
     "одјави ме",
     // Russian, Ukrainian, Bulgarian, Greek, Turkish
     "отписаться", "отписаться от рассылки", "отпишите меня", "отпишите меня от рассылки",
     "отписка", "отписать", "хочу отписаться", "хочу отписаться от рассылки", "прошу отписать меня",
     "прошу отписать меня от рассылки", "удалите меня из рассылки", "исключите меня из рассылки",
     "отменить подписку", "відписатися", "відписатись", "відпишіть мене", "скасувати підписку",
     "відписка", "отпиши ме", "отпишете ме", "отписване", "искам да се отпиша", "διαγραφή",
     "κατάργηση εγγραφής", "abonelikten çık", "abonelikten çıkar", "abonelikten ayrıl",
     "aboneliği iptal et", "aboneliğimi iptal et", "aboneliğimi iptal edin", "listeden çık",
     "beni listeden çıkarın",
     // Arabic, Hebrew, Persian
     "إلغاء الاشتراك", "الغاء الاشتراك", "إلغاء اشتراكي", "الغاء اشتراكي", "إلغاء الإشتراك",
     "الغاء الإشتراك", "ألغوا اشتراكي", "ألغِ اشتراكي", "ألغ اشتراكي", "أريد إلغاء الاشتراك",
     "أريد إلغاء اشتراكي", "הסר", "הסרה", "הסרה מרשימת תפוצה", "להסיר", "הסירו אותי", "ביטול מנוי",
     "לבטל מנוי", "لغو اشتراک", "لغو عضویت",
     // Chinese, Japanese, Korean, Vietnamese, Indonesian, Thai, Hindi
     "退订", "退訂", "我要退订", "我要退訂", "我想退订", "我想退訂", "取消订阅", "取消訂閱",
     "我要取消订阅", "我要取消訂閱", "我想取消订阅", "我想取消訂閱", "帮我退订", "給我退訂",
     "给我退订", "配信停止", "配信停止希望", "配信を停止してください", "配信解除", "購読解除",
     "購読停止", "購読をやめる", "退会", "退会希望", "登録解除", "登録を解除してください",
     "수신거부", "수신 거부", "구독취소", "구독 취소", "구독해지", "구독 해지", "hủy đăng ký",
     "huỷ đăng ký", "berhenti berlangganan", "ยกเลิกการสมัคร", "ยกเลิกการรับข่าวสาร", "सदस्यता समाप्त करें",
     "सदस्यता रद्द करें"});

constexpr auto polite = std::to_array<string_view>({"please",
                                                    "pls",
                                                    "bitte",
                                                    "s'il vous plaît",
                                                    "s'il vous plait",
                                                    "s'il te plaît",
                                                    "merci de",
                                                    "veuillez",
                                                    "por favor",
                                                    "per favore",
                                                    "alsjeblieft",
                                                    "alstublieft",
                                                    "graag",
                                                    "proszę",
                                                    "prosím",
                                                    "пожалуйста",
                                                    "прошу",
                                                    "будь ласка",
                                                    "моля",
                                                    "lütfen",
                                                    "من فضلك",
                                                    "من فضلكم",
                                                    "رجاء",
                                                    "رجاءً",
                                                    "الرجاء",
                                                    "يرجى",
                                                    "בבקשה",
                                                    "נא",
                                                    "请",
                                                    "請",
                                                    "請幫我",
                                                    "请帮我",
                                                    "thank you",
                                                    "thanks",
                                                    "danke",
                                                    "vielen dank",
                                                    "merci",
                                                    "gracias",
                                                    "obrigado",
                                                    "obrigada",
                                                    "grazie",
                                                    "спасибо",
                                                    "дякую",
                                                    "谢谢",
                                                    "謝謝",
                                                    "شكرا",
                                                    "شكرًا"});

}  // namespace

std::span<const string_view> leaving_phrases() { return phrases; }

std::span<const string_view> polite_words() { return polite; }

}  // namespace postrider::mail
