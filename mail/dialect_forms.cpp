#include "mail/dialect_forms.h"

#include <array>

namespace postrider::mail {

namespace {

using std::string_view;

constexpr ReportForm forms[] = {
    {"James", "error message below:|message details:", labelled | reason_before | mailer_only,
     "rcpt to:", "Apache James, AbstractNotify; Verizon vtext.com"},
    {"qmail",
     "this is the qmail|i'm afraid i wasn't able to deliver|i wasn't able to deliver your message|"
     "hi. this is the",
     bracketed, "", "qmail-send.c; netqmail, qmail-toaster and notqmail"},
    {"Yahoo", "sorry, we were unable to deliver your message to the following address", bracketed,
     "", "Yahoo Mail's mailer-daemon"},
    {"Postfix",
     "this is the postfix program at host|this is the mail system at host|i'm sorry to have to "
     "inform "
     "you that your message could not",
     bracketed, "", "Postfix, bounce(5) templates"},
    {"T-Online", "failed addresses follow:", bracketed | with_text | alone, "",
     "smail; T-Online's message log"},
    {"Zoho",
     "this message was created automatically by mail delivery software. a message that you sent "
     "could not be delivered to one or more of its recipients. this is a permanent error. |"
     "[status: error, address:",
     with_text | labelled | alone | bracketed,
     "[status: error, address:", "Zoho Mail; GMX, 1&1, mail.ru"},
    {"Exim",
     "could not be delivered to one or more|could not be delivered to the following|has not yet "
     "been "
     "delivered to one or more|recipient addresses that were incorrectly constructed|rejected by "
     "the "
     "local scanning code|the following address(es) failed|the following address failed|a message "
     "that "
     "you sent has not yet been delivered|"
     "a message that you have sent could not be delivered",
     alone | bracketed | with_text, "", "Exim, deliver.c; McAfee SaaS (MX Logic)"},
    {"Active!hunter", "the following addresses had permanent fatal errors ----- >>>",
     dialog | labelled | mailer_only, ">>>", "TransWARE Active!hunter"},
    {"delivery problems", "the following addresses had delivery problems",
     alone | bracketed | with_text, "", "BIGLOBE, McAfee Email Gateway"},
    {"Courier",
     "undeliverable mail|the following recipients cannot be delivered|this is a delivery "
     "status notification from",
     bracketed | dialog | mailer_only, "", "Courier, dsn templates"},
    {"MDaemon", "session transcript", dialog | mailer_only, "",
     "MDaemon, delivery failure template"},
    {"Sendmail",
     "transcript of session follows|had permanent fatal errors|had transient non-fatal errors|were "
     "transient failures",
     alone | bracketed | dialog, "", "Sendmail 5 and 8, savemail.c"},
    {"Exchange 5.5", "did not reach the following recipient", with_text | alone, "",
     "Microsoft Exchange Internet Mail Service"},
    {"Exchange 2003",
     "did not reach some or all of the intended recipients|following recipient(s) could not be "
     "reached|"
     "the following recipient(s) cannot be reached",
     alone | with_text | labelled,
     "recipient: [smtp:|recipient:|[smtp:", "Exchange 2003, hMailServer, MailEnable"},
    {"Exchange",
     "diagnostic information for administrators|delivery has failed to these recipients|rejected "
     "your "
     "message to the following|informations de diagnostic pour les administrateurs|"
     "diagnoseinformationen f\xC3\xBCr administratoren|informaci\xC3\xB3n de diagn\xC3\xB3stico "
     "para los "
     "administradores|informazioni di diagnostica per gli amministratori",
     alone | with_text, "", "Exchange 2007 and later, Exchange Online"},
    {"Google",
     "delivery to the following recipient failed permanently|delivery to the following recipients "
     "failed "
     "permanently|delivery to the following recipient has been delayed|your message wasn't "
     "delivered to",
     alone | labelled | mailer_only, "your message wasn't delivered to",
     "Gmail, mailer-daemon@googlemail.com"},
    {"Domino",
     "was not delivered to:|wurde nicht zugestellt an:|n'a pas \xC3\xA9t\xC3\xA9 remis \xC3\xA0|"
     "non \xC3\xA8 stato recapitato a:|non \xC3\xA8 stato consegnato a:|no se ha entregado a:|"
     "no fue entregado a:|n\xC3\xA3o foi entregue a:|is niet bezorgd bij:|nie zosta\xC5\x82 "
     "dostarczony do:",
     alone, "", "HCL Domino"},
    {"Notes", "failure reasons", alone | with_text | reason_before | mailer_only, "",
     "Lotus Notes"},
    {"Oracle", "recipient address:|original address:", labelled | mailer_only,
     "recipient address:|original address:", "Oracle Communications Messaging Server, iCloud"},
    {"OpenSMTPD", "this is the mailer-daemon, please do not reply", with_text | alone, "",
     "OpenSMTPD, bounce.c"},
    {"InterScan", "sent <<<|received >>>", dialog | mailer_only, "", "Trend Micro InterScan MSS"},
    {"KDDI", "could not be delivered to:", labelled, "could not be delivered to:", "au by KDDI"},
    {"au",
     "the user(s) account|each of the following recipients was rejected by a remote mail "
     "server|your "
     "message was not delivered within|the following recipients did not receive this message",
     bracketed | alone | labelled | reason_before, "recipient:", "au EZweb, MSMX"},
    {"MailMarshal", "could not be delivered because of", alone | reason_before, "",
     "Trustwave Secure Email Gateway"},
    {"MailFoundry", "unable to deliver message to:", labelled | mailer_only,
     "unable to deliver message to:", "MailFoundry"},
    {"m-FILTER", "-------server message", alone, "", "Digital Arts m-FILTER"},
    {"SurfControl", "your message could not be sent. a transcript of the attempts", labelled,
     "addressed to:", "Websense SurfControl"},
    {"listed errors", "the following addresses had delivery errors", with_text, "",
     "a server that brackets its reason"},
    {"listed addresses", "unable to deliver message to the following address", bracketed | alone,
     "", "Yahoo's older mailers"},
    {"Exchange 2000", "delivery to the following recipients failed.",
     alone | with_text | mailer_only, "", "Exchange 2000 and 2003, IIS"},
    {"DragonFly", "there was an error delivering your mail to", labelled,
     "there was an error delivering your mail to", "DragonFly Mail Agent, bounce.c"},
    {"GroupWise", "was undeliverable to the following", with_text | alone | mailer_only, "",
     "Novell GroupWise"},
    {"AOL", "your mail to the following recipients could not be delivered because",
     alone | reason_before, "", "AOL"},
    {"IMail",
     "unknown user:|invalid final delivery userid:|undeliverable to |user mailbox exceeds allowed "
     "size:|unknown host:",
     labelled | mailer_only,
     "unknown user:|invalid final delivery userid:|undeliverable to|user mailbox exceeds allowed "
     "size:|unknown host:",
     "Ipswitch IMail"},
    {"CommuniGate", "failed to deliver to '", labelled | mailer_only, "failed to deliver to",
     "CommuniGate Pro"},
    {"SmarterMail", "failed recipient:", labelled | mailer_only,
     "failed recipient:", "SmarterMail"},
    {"XMail", "xmail bounce:", labelled,
     "[<00>] xmail bounce: rcpt=|[<01>] xmail bounce: rcpt=|"
     "[<02>] xmail bounce: rcpt=",
     "XMail"},
    {"Verizon", "message could not be delivered to mobile", labelled | reason_before,
     "to:", "Verizon vzwpix.com"},
    {"rejected recipient", " error(s): ", labelled | mailer_only, "smtp server",
     "a server that numbers its errors"},
    {"Amazon", "an error occurred while trying to deliver the mail to the following recipients",
     alone, "", "Amazon SES, WorkMail"},
    {"QQ", "\xE6\x97\xA0\xE6\xB3\x95\xE5\x8F\x91\xE9\x80\x81\xE5\x88\xB0", labelled | mailer_only,
     "\xE6\x97\xA0\xE6\xB3\x95\xE5\x8F\x91\xE9\x80\x81\xE5\x88\xB0",
     "QQ Mail, \"cannot be sent to\""},
};

// Where the returned message begins in the text of a report (deliver.c, qmail-send.c, savemail.c,
// …).
constexpr auto returned_lines =
    std::to_array<string_view>({"--- below this line is a copy",
                                "------ this is a copy",
                                "this is a copy of the message",
                                "------ this is a copy of your message",
                                "--- the header of the original",
                                "original message follows",
                                "--- original message follows",
                                "--- original message",
                                "----- original message",
                                "-----original message",
                                "----- message header follows",
                                "----- unsent message follows",
                                "----- no message was collected",
                                "----- message text follows",
                                "original message headers",
                                "below is a copy of the original message",
                                "--- returned message",
                                "------- returned message",
                                "-------original message",
                                "-------original mail info",
                                "included is a copy of the message",
                                "the attachment contains the original",
                                "message headers follow",
                                "message header follows",
                                "original mail as follows",
                                "possibly truncated original message",
                                "----- returned message",
                                "--- message text follows",
                                "the following is the original",
                                "headers of the original message",
                                "------ forwarded message",
                                "----- the returned message",
                                "- these first 100k",
                                "--- undelivered message follows ---",
                                ": message contains",
                                "|------------------------- message text",
                                "your original message follows",
                                "the original message is included",
                                "copy of the original message",
                                "+++++",
                                "en-t\xC3\xAAtes de message d'origine",
                                "urspr\xC3\xBCngliche nachrichtenkopfzeilen",
                                "encabezados de mensajes originales",
                                "intestazioni messaggio originale"});

constexpr auto delayed =
    std::to_array<string_view>({"this is a warning message only",
                                "you do not need to resend",
                                "do not need to re-send",
                                "no action is required on your part",
                                "has been delayed",
                                "still undelivered",
                                "delayed for more than",
                                "delivery attempts will continue",
                                "will be retried",
                                "will keep trying",
                                "will retry for",
                                "delivery incomplete",
                                "temporary problem delivering",
                                "will continue to try",
                                "has not yet been delivered",
                                "not yet been delivered",
                                "temporary failure report",
                                "will try again",
                                "delays in delivering",
                                "the server has tried for",
                                "still in the queue",
                                "delivery is delayed",
                                "delivery delayed",
                                "is being delayed",
                                "will be tried",
                                "continue trying",
                                "verz\xC3\xB6gert",
                                "noch nicht zugestellt",
                                "retardada",
                                "\xD0\xBE\xD1\x82\xD0\xBB\xD0\xBE\xD0\xB6\xD0\xB5\xD0\xBD"});

constexpr auto delivered = std::to_array<string_view>(
    {"successfully delivered", "successfully relayed", "was relayed to these",
     "your message was delivered to", "was delivered to:", "was delivered to the following"});

}  // namespace

std::span<const ReportForm> report_forms() { return forms; }
std::span<const string_view> returned_message_lines() { return returned_lines; }
std::span<const string_view> delay_words() { return delayed; }
std::span<const string_view> success_words() { return delivered; }

}  // namespace postrider::mail
