#include "mail/failure_patterns.h"

namespace postrider::mail {

namespace {

constexpr std::string_view who =
    "(user|mailbox|mail box|mail-box|mailbox name|recipient|account|user account|email "
    "account|address|email address|e-mail address|mail "
    "address|addressee|alias|customer|username|user name|adress|email adress|e-mail adress|local "
    "part|local-part|localpart|local user|person|member|rcpt|recipient name|recipient's "
    "name|maildrop|mail drop)";
constexpr std::string_view box =
    "(user|mailbox|mail box|recipient|recipient's mailbox|account|inbox|maildir|mail "
    "folder|mailfolder|email account|mail account|mailaddress|user's mailbox|e-mail account)";

constexpr std::string_view tail =
    "(? |for ? |named ? |you specified |you entered |you typed |you are trying to reach |you tried "
    "to reach "
    "|)";

using enum Cause;

constexpr FailurePattern clear[] = {
    // ---- Another's mailbox: the sender's, or too many of ours. Before all that speaks of one.
    {"(dmarc|authentication level)", authentication, "RFC 7489; Exchange Online, 5.7.515"},
    {"sender verify fail", sender, "Exim, sender callout"},
    {"sender verification", sender, "Exim"},
    {"sender (callout|callback)", sender, "Exim"},
    {"(could not|couldn't|cannot|can't|unable to) verify (the |)(sender|mail from|return path)",
     sender, "sender callouts"},
    {"verification failed for ? ", sender, "Exim, sender callout"},
    {"from address (is |)(unknown|invalid|not|does)", sender, "sender checks"},
    {"from (an |)unknown (host|client|server|source)", reputation, "older servers"},
    {"verify mailfrom failed", sender, "NetEase"},
    {"sender (email |)address (is |)rejected", sender, "Postfix, reject_unknown_sender_domain"},
    {"sender rejected", sender, "Postfix, IMail"},
    {"sender (is |was |has been |)(denied|refused|rejected|blocked|invalid|not valid)", sender,
     "Exchange, QQ"},
    {"sender (email |)address (is |)(not |un|invalid|does not|has |was not|blocked|black)", sender,
     "mail.ru, Cox"},
    {"sender ? (does not exist|is unknown|unknown|not found|not exist|has no)", sender,
     "sender checks"},
    {"(sender|sender's|sending|mail from|helo|ehlo|return path|originator)(:|) (? "
     "|)(domain|address|host|hostname|host name|email address|e-mail address|account|user) (? "
     "|)(is |)(does not|doesn't|not |unknown|has no|cannot|could not|invalid)",
     sender, "sender checks"},
    {"your (own |)(email address|e-mail address|address|domain|domain name|mail server's "
     "hostname|hostname|host name|server name) (? |)(is |)(does not|doesn't|not "
     "|unknown|cannot|could not|has no|invalid)",
     sender, "sender checks"},
    {"sender @ (from ? |)(no mx|does not|doesn't|not found|unknown|invalid|has no)", sender,
     "smtpf, Postfix"},
    {"sender is unvalidated", sender, "Chinese appliances"},
    {"(host|server) denies the sender", sender, "Chinese appliances"},
    {"sender (is |)unknown", sender, "sender checks"},
    {"client host (? |)(rejected|blocked|not allowed|bypassing)", reputation, "Postfix"},
    {"(helo|ehlo) (command |argument |)(rejected|is invalid|not allowed|invalid)", reputation,
     "Postfix, Gmail"},
    {"your (helo|ehlo) ", reputation, "BarricadeMX, older servers"},
    {"in (the |your |)(from|mail from|reply-to)(:|) (header|field|line|address)", content,
     "header checks"},
    {"(rejected|classified|identified|detected|marked|considered) (by|as) (a |)(spam "
     "|spam.|spam,|spam-|spamassassin|junk)",
     spam, "SpamAssassin and its kin"},
    {"(helo|ehlo) (should|must|requires)", reputation, "Netbit, IceWarp"},
    {"bad helo", reputation, "Exchange Online, 5.7.506"},
    {"no (valid |)(ptr|rdns|reverse)", reputation, "GMX, Cox"},
    {"verification in progress", rate, "Postfix, address verification"},
    {"sender (domain|domain name) (must|does not|is|not|not found|? not)", sender,
     "Cox, MailEnable"},
    {"domain of sender", sender, "Sendmail, Postfix"},
    {"domain of the sender", sender, "Postfix"},
    {"sender's domain", sender, "sender checks"},
    {"allowed-senders list", refused, "Exchange Online, 5.7.124"},
    {"sender (email |)(is |)not (in|pre-approved|authorized|allowed|a |valid|known)", sender,
     "Kerio, older servers"},
    {"sender domain", sender, "KumoMTA's community rules"},
    {"domain may not exist or dns check failed", sender, "KumoMTA's community rules"},
    {"invalid domain, see", sender, "older servers"},
    {"(does not|doesn't|do not|don't|not) (accept|accepting) (any |)(mail|e-mail|email|messages) "
     "from",
     reputation, "mail.ru, AOL"},
    {"mx records for", sender, "older servers"},
    {"rfc 1035 violation", sender, "older servers"},
    {"third-party dsn", sender, "SpamWall"},
    {"fully qualified email address required", sender, "McAfee"},
    {"domain must resolve", sender, "older servers"},
    {"sender syntax", sender, "IceWarp"},
    {"con:b", reputation, "AOL, 554 CON:B1"},
    {"(is|are|was) (on|in) (our |a |the |an |)(local |ip |)(black|block)(| |-)list", reputation,
     "older servers"},
    {"return address (? |)(is |)(not|invalid|unknown|does)", sender, "older servers"},
    {"from domain", sender, "Yahoo, 451 unresolvable RFC.5321 from domain"},
    {"from:(| )domain (is invalid|must resolve)", sender, "GoDaddy, IB506"},
    {"(invalid|unknown|bad|illegal|unroutable|unrouteable|bogus|forged|fake) (envelope |)sender",
     sender, "Orange, Exim"},
    {"bogus mail from", sender, "IMail"},
    {"emetteur invalide", sender, "Orange, LaPoste, OFR_405"},
    {"envelope sender", sender, "qmail, badmailfrom"},
    {"badmailfrom", sender, "qmail"},
    {"mail from (not owned|is mismatch|? mismatch)", sender, "LaPoste, NetEase"},
    {"did not like our mail from", sender, "DragonFly Mail Agent"},
    {"from(:|) @ (is |)(invalid|unknown|not found|does not exist|not "
     "valid|rejected|denied|refused)",
     sender, "older servers"},
    {"(invalid|bad) dns (mx|a |a/aaaa|record|entry)", sender, "IONOS"},
    {"(user name|username) (or|and) password", authentication, "RFC 4954, 535"},
    {"i.ua/err/2", unknown_mailbox, "i.ua"},
    {"i.ua/err/3", disabled, "i.ua"},
    {"i.ua/err/4", full, "i.ua"},
    {"(null|empty|blank) (envelope |)(sender|from)", sender, "servers that refuse <>"},
    {"(absender|absenderadresse|absenderdomain|expediteur|remitente|mittente|remetente|nadawca|"
     "afzender|odesilatel|отправитель|адрес отправителя) (? |)(ist |est |es |e |wurde |jest |не "
     "|)(unbekannt|ungultig|abgelehnt|gesperrt|existiert|nicht|inconnu|invalide|non "
     "|n'existe|refuse|desconocid|invalid|no |sconosciut|inesistente|desconhecid|inexistente|nao "
     "|nieznany|nie "
     "|onbekend|neexistuje|найден|существует|известен|указан|отклонен)",
     sender, "servers in their own tongue"},
    {"(发件人|发信人|寄件人|寄件者|發件人)(地址|邮箱|域名|信箱|)(? "
     "|)(不存在|无效|被拒|不正确|错误|無效)",
     sender, "Coremail, Hinet"},
    {"(送信者|差出人|送信元)*(存在し|不明|拒否|見つかり|認証|無効)", sender, "Japanese providers"},
    {"batv", sender, "SonicWall, Barracuda"},
    {"backscatter protection", sender, "MDaemon"},
    {"unsigned dsn", sender, "BATV"},
    {"(address|email address|identity) is not verified", sender, "Amazon SES, sandbox"},
    {"not authorized to perform ses:send", sender, "Amazon SES"},
    {"bad outbound sender", sender, "Exchange Online, 5.1.8"},
    {"group you tried to contact", refused, "Google Groups"},
    {"your (e-mail |email |)account (has been |is |was )", policy, "a relay about its customer"},
    {"too many (bad|invalid|unknown|illegal|unavailable|nonexistent|non-existent|wrong|incorrect) ",
     reputation, "GoDaddy IB112, Cox, PowerMTA's list"},
    {"sending (mail |messages |email |)to (many |)(invalid|unknown|non-existent|nonexistent) ",
     reputation, "providers, of a list's hygiene"},
    {"number of (rcpts|recipients)", rate, "Alibaba, 556"},
    {"(main|primary) account unavailable", policy, "Alibaba DirectMail, 551"},
    {"max defers and failures", rate, "cPanel, of its own customer"},
    {"no access for (this|your) (ip|domain|user)", reputation, "older servers"},
    {"excessive unknown recipients", reputation, "AOL"},
    {"(grey|gray)(| |-)list", rate, "Postgrey and its kin"},
    {"mailbox unavailable. your ip", reputation, "mail.com behind Spamhaus"},
    {"(user|recipient|account|member) ? (is |)(receiving|getting) (mail|messages) (too|at a rate)",
     rate, "Gmail"},
    {"receiving (mail|messages) (too quickly|at a rate)", rate, "Gmail, 5.2.1"},
    {"(daily|hourly|sending|submission|smtp relay|relay|message|e-mail|user sending) (quota|limit) "
     "(exceed|reached|has been)",
     rate, "Gmail 5.4.5, Exchange Online 5.2.2"},
    {"(daily|hourly|outgoing|smtp relay) (sending|message|recipient|mail|user sending) "
     "(quota|limit)",
     rate, "Gmail, 5.4.5"},
    {"received too (much|many)", rate, "Rackspace, G30"},
    {"reached your daily limit", rate, "Exchange Online, 5.1.90"},
    {"per hour message receive limit", rate, "Exchange Online, 5.2.121"},
    {"for exceeding receiving limits", full, "Hotmail"},

    // ---- Carriers whose readers' filters answer as if there were no mailbox.
    {"user s account is (disabled|temporarily limited)", disabled, "au, above the server's words"},
    {"unknown user ? in reply to end of data", refused, "NTT docomo", "docomo.ne.jp"},
    {"@ : user unknown", unknown_mailbox, "KDDI and others"},
    {" : user unknown", refused, "KDDI", "ezweb.ne.jp"},
    {": user unknown", refused, "KDDI", "au.com"},

    // ---- The mailbox is full.
    {"{box} (is |are |was |)(almost |currently |temporarily |)full", full, "RFC 3463 x.2.2; Exim"},
    {"{box} ? (is |)(almost |)full", full, "Outblaze, mbox of @ is full"},
    {"{box} {tail}(is |)(almost |)full", full, "older servers"},
    {"exceed* (his|her|their|its|his/her) (disk|storage|mailbox|mail|account|space|quota)", full,
     "cPanel, CommuniGate"},
    {"full (mailbox|mail box|inbox)", full, "MailEnable"},
    {"(mailbox|account|user)-full", full, "Courier"},
    {"(over|over |over-|out of |exceed |exceeds |exceeds the |exceeded |exceeded the |exceeding "
     "|exceeding its |exceeding their |exceeded its |exceeded their |exceeded his |exceeds its "
     ")(|mail |mailbox |disk |storage |allowed |maximum |the allowed |account |email |message "
     "|user )quota",
     full, "Dovecot, Courier, vpopmail"},
    {"quota (is |was |has been |usage |usage has been |would be |)(exceed|full|reached|over|used "
     "up|violation|limit)",
     full, "Dovecot, Cyrus, qmail"},
    {"(overquota|quotaexceeded|quota-exceeded)", full, "Gmail's link, Exchange"},
    {"exceed* (mailbox|storage|disk|user|his|her|their) quota", full, "Cyrus, Zimbra"},
    {"(mailbox|user|account|disk|disc|mail) quota", full, "Cyrus, Zimbra, PowerMTA's list"},
    {"(insufficient|not enough|no more|out of|lack of) (mailbox |available |free |disk |mail "
     "|)(storage|quota)",
     full, "Exchange 5.5"},
    {"storage (limit|quota|space limit|size limit|capacity|is full|full|allocation|has been "
     "exceed)",
     full, "RFC 5321, 552"},
    {"exhausted allowed storage", full, "T-Online"},
    {"(does not|doesn't|did not) have (enough|sufficient) (free |disk |storage |)space", full,
     "MailEnable"},
    {"(not enough|insufficient|no) (free |disk |mailbox |storage |)space", full, "qmail, Postfix"},
    {"(mailbox|user|account|box) (? |)(has |would |)(exceed|exceeds|exceeded|reached) (its |the "
     "|his |)(disk |local |allowed |allotted |maximum |max |storage |size |space |mailbox "
     "|allocated |configured |quota|limit)",
     full, "Exchange, IMail, BIGLOBE"},
    {"mailbox (size |disk |space |message |storage |)(limit|usage)", full, "Exchange, Kerio"},
    {"mailbox would exceed", full, "Exchange, Cox"},
    {"mail file size exceeds the maximum size", full, "Domino"},
    {"exceed* (the |)local limit", full, "BIGLOBE"},
    {"over the (allowed |maximum |storage |)(quota|limit|size)", full, "vpopmail"},
    {"over (its|his|her|their|the) (disk |storage |mailbox |mail |)(quota|limit|space)", full,
     "MDaemon"},
    {"(exceeded|reached) (its|his|her|their|the) (capacity|storage)", full, "older servers"},
    {"maximum (space|storage) allowed", full, "IMail"},
    {"(mailbox|inbox) (? ? |? |)(has |)(reached|exceeds|exceeded) (its|the) (limit|maximum)", full,
     "older servers"},
    {"used all (of |)(its|his|her|their|the) (storage|space|quota)", full, "older servers"},
    {"(user|mailbox|account) (? |)(is |)over (the |)limit", full, "older servers"},
    {"espace (disque |)insuffisant", full, "French servers"},
    {"over disk (quota|space|limit)", full, "Yahoo Japan"},
    {"(space|quota) has been used up", full, "NetEase"},
    {"(user|mailbox|account) has too many messages", full, "T-Online, MailSite"},
    {"too much mail data", full, "docomo, 552"},
    {"too many messages (in|on) (the |this |)(mailbox|server|account)", full, "MailSite"},
    {"(disk full|no more room|storage exhausted|storage used up)", full, "procmail, older servers"},
    {"error writing message: file too large", full, "Postfix, local"},
    {"mail box space not enough", full, "NetEase"},
    {"boite (du destinataire |aux lettres |mail |)(est |)pleine", full, "Orange, OFR_417"},
    {"boite de reception (est |)pleine", full, "French servers"},
    {"quota (de (la |)(boite|messagerie) |)(est |)(depasse|atteint)", full, "Free.fr"},
    {"(benutzer|user) hat zuviele mails", full, "T-Online"},
    {"(postfach|mailbox|briefkasten|mailkonto|konto) (des empfangers |? |)(ist "
     "|)(voll|uberfullt|ueberfuellt|ubervoll)",
     full, "GMX, T-Online"},
    {"(speicherplatz|quota|speicherlimit|speicher) (des kontos |des postfachs |? |)(ist |wurde "
     "|)(uberschritten|erschopft|voll)",
     full, "German servers"},
    {"(buzon|bandeja|casilla|cuenta|cuota) (? |de correo |de entrada |del usuario |del "
     "destinatario |)(esta |se encuentra "
     "|)(llen|excedid|superad)",
     full, "Telefónica, Terra"},
    {"(casella|mailbox|casella di posta|casella postale|quota) (? |del destinatario |)(e "
     "|)(pien|superat|esaurit|esaurita)",
     full, "Libero, Tiscali"},
    {"(caixa|caixa postal|caixa de correio|caixa de entrada|cota|conta|mailbox) (? |do usuario |do "
     "destinatario "
     "|)(esta |)(chei|lotad|excedid|cheio)",
     full, "UOL, Terra, Locaweb"},
    {"(skrzynka|konto|skrzynka pocztowa|limit) (? |odbiorcy |)(jest "
     "|)(pelna|pelne|przepeln|przekroczon)",
     full, "o2.pl, wp.pl, Onet"},
    {"(ящик|почтовый ящик) (? |получателя |пользователя |)переполнен", full,
     "Yandex, mail.ru, Rambler"},
    {"превышен* (квот|размер (почтового |)ящика|объем)", full, "Russian servers"},
    {"квота * (превышен|исчерпан)", full, "Russian servers"},
    {"недостаточно (места|свободного места)", full, "Russian servers"},
    {"メールボックス(が|の容量が|は)(いっぱい|一杯|満杯|満)", full, "OCN, So-net"},
    {"(容量|受信容量|保存容量)(が|を)(超え|オーバー|いっぱい|一杯|超過)", full,
     "Japanese providers"},
    {"容量オーバー", full, "Japanese providers"},
    {"(邮箱|信箱|邮件箱|收件箱|邮箱空间|用户空间|空间|容量)(已满|已經滿|满了|已用完|不足|爆满|"
     "超限)",
     full, "QQ, NetEase, Sina"},
    {"(郵箱|信箱|郵件信箱|收件匣|空間|容量)(已滿|已經滿|滿了|不足|超過)", full,
     "Hinet, Yahoo Taiwan"},
    {"超(出|过|過)(邮箱|邮件|信箱|郵箱|用户|使用者|)(的|)(容量|空间|空間|配额|配額|限额|大小限制)",
     full, "Coremail"},
    {"편지함*(가득|초과|용량)", full, "Naver, Daum"},

    // ---- It moved.
    {"has been replaced by", moved, "RFC 3463 x.1.6; Lotus"},
    {"{who} (? |)(has |have |is |was |)(moved|been moved|relocated|been migrated)", moved,
     "RFC 5321, 551"},
    {"recipient no longer on server", moved, "iCloud, 5.1.6"},
    {"no longer (works|work|employed|with the company|with this company|with our company|an "
     "employee|with us)",
     moved, "corporate servers"},
    {"has left (the|our|this) (company|organization|organisation)", moved, "corporate servers"},
    {"address (? |)(has |was |)(been |)changed to", moved, "corporate servers"},
    {"(recipient|user|person|employee|addressee) has left", moved, "corporate servers"},
    {"moved (permanently |)to @", moved, "older servers"},
    {"has a new (email |e-mail |)address", moved, "corporate servers"},
    {"new address is", moved, "Sendmail, REDIRECT alias"},
    {"has changed (his|her|their|its) (e-mail |email |)address", moved, "corporate servers"},
    {"user not local; please try", moved, "RFC 5321, 551"},

    // ---- Unknown or disabled: an address to give up either way.
    {"{who} (? |)(is |)(unknown|not found|invalid|nonexistent|inexistent|does not exist) or (is "
     "|has been |)(disabled|inactiv|suspended|not active|expired|locked)",
     unknown_mailbox, "KumoMTA's community rules"},
    {"not found or inactivated", unknown_mailbox, "Naver"},
    {"(unbekannt oder|inconnu ou|sconosciuto o|desconocido o|desconhecido ou)", unknown_mailbox,
     "MIRAPOINT, in the operator's tongue"},
    {"(disabled|inactive|suspended) or (does not exist|non-existent|nonexistent|unknown|not found)",
     unknown_mailbox, "shared hosts"},
    {"(unknown|no such|invalid|inexistent|non-existent|nonexistent) (user |account |recipient "
     "|mailbox |)or (mailbox |account |)(inactive|disabled|suspended)",
     unknown_mailbox, "Italian and shared hosts"},
    {"inactive email address", unknown_mailbox, "iCloud, 5.1.1"},

    // ---- Disabled.
    {"{box} (? |)(is |are |has been |have been |was |)(currently |temporarily |temporary |now "
     "|administratively |permanently "
     "|)(disabled|suspended|inactive|deactivated|locked|frozen|inactivated|not active|not "
     "activated|not enabled|discontinued|terminated|archived|on "
     "hold|disable|unpaid|dormant|hibernated)",
     disabled, "Gmail, Yahoo, Outlook, NetEase"},
    {"(account|mailbox|recipient's account) (? |)(is |has been |was "
     "|)(blocked|expired|barred|paused|temporarily limited|under maintenance|isblocked)",
     disabled, "LaPoste, hot.ee, au"},
    {"(disabled|inactive|suspended|deactivated|expired|frozen|locked|dormant|blocked|unverified|"
     "archived) {box}",
     disabled, "mail.ee, QQ, LaPoste"},
    {"inactive (on this|for) ", disabled, "shared hosts"},
    {"tried to reach is (disabled|inactive|suspended)", disabled, "Gmail, 5.2.1"},
    {"disableduser", disabled, "Gmail's link"},
    {"disabled or discontinued", disabled, "Yahoo"},
    {"(mailaddress|address|email address) (? |)(is |has been |)(administratively |administrativley "
     "|administrativly |temporarily |currently |)(disabled|suspended|inactive|deactivated)",
     disabled, "qmail-ldap, Rackspace"},
    {"{box} (? |)(is |has been |was |)(temporarily closed|closed (temporarily|for|due to|because))",
     disabled, "Postfix access maps"},
    {"(mail|mailbox) for ? is on hold", disabled, "older servers"},
    {"user hangup", disabled, "Coremail"},
    {"due to (extended |)inactivity", disabled, "AOL"},
    {"has been (disabled|suspended|deactivated|locked|inactive)", disabled, "shared hosts"},
    {"is (currently |temporarily |)(suspended|deactivated|locked out)", disabled, "Yahoo"},
    {"is now disabled with mta", disabled, "Coremail"},
    {"temporarily inactive", disabled, "Cox"},
    {"temporary locked", disabled, "Zimbra"},
    {"suspend the service", disabled, "mobile carriers"},
    {"mailbox unavailable or access (denied|denined)", disabled, "QQ, 550"},
    {"(is |)not accepting (any |new |)(mail|messages|email|e-mail)", disabled, "AOL"},
    {"account (has been |is |)(over|past) due", disabled, "US providers"},
    {"not (currently |)allowed to receive", disabled, "Lark, Exmail"},
    {"receiving (is |has been |)disabled", disabled, "Mimecast"},
    {"accountdisabled", disabled, "Exchange, STOREDRV"},
    {"boite du destinataire (archivee|suspendue|inactive|bloquee)", disabled,
     "LaPoste, LPN007_420"},
    {"compte (? |du destinataire |)(est |a ete |)(bloque|desactive|suspendu|inactif|ferme)",
     disabled, "LaPoste, LPN007_426"},
    {"(konto|postfach|benutzer|mailbox|benutzerkonto) (? |)(ist |wurde "
     "|)(gesperrt|deaktiviert|inaktiv)",
     disabled, "German providers"},
    {"(cuenta|buzon|usuario) (? |)(esta |ha sido |se encuentra |fue "
     "|)(suspendid|deshabilitad|inactiv|desactivad|bloquead)",
     disabled, "Spanish providers"},
    {"(conta|usuario|caixa postal) (? |)(esta |foi "
     "|)(inativ|bloquead|suspens|desativad|desabilitad)",
     disabled, "PowerMTA's list, UOL"},
    {"(casella|utente|account|mailbox) (? |)(e |e stato |e stata "
     "|)(disabilitat|sospes|disattivat|bloccat)",
     disabled, "Italian providers"},
    {"(konto|skrzynka|uzytkownik) (? |)(jest |zostalo |zostala |)(zablokowan|nieaktywn|zawieszon)",
     disabled, "Polish providers"},
    {"(ящик|пользователь|аккаунт|учетная запись) (? |получателя |)(временно "
     "|)(заблокирован|отключен|неактив|приостановлен)",
     disabled, "mail.ru, Yandex"},
    {"(账号|帐号|帐户|账户|用户|邮箱|该用户|帳號)(? "
     "|)(已|已经|已被|被|)(停用|禁用|冻结|锁定|暂停|注销停用|凍結)",
     disabled, "QQ, NetEase"},

    // ---- The domain takes no mail (RFC 7505, 7504), or does not exist.
    {"null( |-|)mx", no_mail_domain, "RFC 7505; Postfix, Exim"},
    {"(host|domain|server|host/domain|machine|destination) (? |)(does not|doesn't|do not) "
     "(accept|receive) (any |)(mail|e-mail|email|messages)",
     no_mail_domain, "RFC 7504, 521; Sendmail; iCloud"},
    {"~ (does not|doesn't) accept (any |)(mail|email)", no_mail_domain, "Sendmail"},
    {"indicated no smtp service", no_mail_domain, "Exim, dnslookup"},
    {"no mx (record |records |or a |host |hosts |entry |server |)(found |exist* |available "
     "|)(for|record|in)",
     no_mail_domain, "Yahoo, OpenSMTPD"},
    {"no (valid |)mail (exchanger|exchange|server|hosts) (found |)(for|found|could be found)",
     no_mail_domain, "MailEnable"},
    {"has no (valid |)(mail|mx) (server|exchanger|host|record|exchange)", no_mail_domain,
     "MailEnable, Zoho"},
    {"(find|found|locate) (any|a|no) (mail|mx) (server|host|exchanger|record)", no_mail_domain,
     "qmail-remote, 5.4.4; Zoho"},
    {"domain * (takes|accepts) no (mail|e-mail|email)", no_mail_domain, "parked domains"},
    {"domain * (no longer exist|has been deleted)", bad_domain, "hosts of a domain that left"},
    {"infonorecords", no_mail_domain, "Exchange Online, 5.4.312"},
    {"no mail-enabled subscriptions", no_mail_domain, "Exchange Online, 4.4.4"},
    {"seem to reject all mails", no_mail_domain, "OpenSMTPD"},
    {"not found, try again", network, "Postfix, 4.4.3"},
    {"(temporary|temporarily|transient|soft) (dns|name server|nameserver|mx|lookup|name service) ",
     network, "OpenSMTPD, IronPort"},
    {"infodomainnonexistent", bad_domain, "Exchange Online, 5.4.312"},
    {"nonexistentdomain", bad_domain, "Exchange, SMTPSEND.DNS"},
    {"(non-existent|nonexistent|non existent|invalid recipient|unknown recipient|unknown mail) "
     "domain",
     bad_domain, "Exchange"},
    {"nxdomain", bad_domain, "IronPort, PowerMTA"},
    {"(dns|mail|recipient|destination|remote|email|the|address) domain (? |name |)(does "
     "not|doesn't|doesnt|did not) exist",
     bad_domain, "Exchange Online 5.4.310, KDDI"},
    {" domain (? |name |)(does not|doesn't|doesnt|dont) exist", bad_domain, "OpenSMTPD, KDDI"},
    {" domain (? |name |)(is |was |)(not found|not registered|couldn't be found|could not be "
     "found)",
     bad_domain, "Gmail, GoDaddy"},
    {" domain (? |)(not |un)known", bad_domain, "Sendmail"},
    {"unknown domain", bad_domain, "Postfix, vpopmail"},
    {" domain (? |)(is |)(invalid|retired|obsolete|bad|illegal|unavailable|no longer in use|not "
     "reachable|expired|non-existent|nonexistent)",
     bad_domain, "PowerMTA's list"},
    {"domain (must exist|is a dead domain)", bad_domain, "Yahoo, Cox"},
    {"no such (domain|host|mail domain)", bad_domain, "Courier, Sendmail"},
    {"invalid (domain|domain name|host name|hostname|recipient domain)", bad_domain,
     "OpenSMTPD, MDaemon"},
    {"(wasn't|weren't|was not|were not) found at", unknown_mailbox, "Exchange Online"},
    {"~ (does not|doesn't) exist", bad_domain, "NetEase, 553"},
    {"~ (is |)(unknown|not found|invalid)", bad_domain, "older servers"},
    {"(unable|failed|not able|weren't able|wasn't able) to (find|resolve|locate) (the |)(recipient "
     "|destination |remote |)(domain|host)",
     bad_domain, "Gmail, 5.1.2"},
    {"(couldn't|could not|cannot|can't) (find|resolve|locate) (any host|the "
     "domain|domain|host|recipient domain|a host)",
     bad_domain, "qmail-remote, 5.1.2; Exchange"},
    {"(could not|couldn't|cannot) be found in (domain name service|dns)", bad_domain,
     "Exchange 2000"},
    {"bad destination host", bad_domain, "IronPort, 5.1.2"},
    {"bad destination system", bad_domain, "RFC 3463 x.1.2; Oracle Messaging Server"},
    {"illegal host/domain name found", bad_domain, "Oracle Messaging Server"},
    {"name service error for name=* host not found", bad_domain, "Postfix, 5.4.4"},
    {"no data record of requested type", bad_domain, "Postfix, 5.4.4"},
    {"(host|name or service|hostname|host name) (is |)(unknown|not known)", bad_domain,
     "Sendmail, glibc"},
    {"unknown (host|hostname|mail host|destination host)", bad_domain, "IMail, Sendmail"},
    {"host not found", bad_domain, "Sendmail, Exim"},
    {"(answer with no data|had no relevant answers)", no_mail_domain, "Gmail"},
    {"no matches to nameserver query", bad_domain, "Notes"},
    {"all (relevant |)(mx|host) (records|address) (point to non-existent|lookups failed perm)",
     bad_domain, "Exim, dnslookup"},
    {"unrouteable mail domain", bad_domain, "Exim"},
    {"mail domain mentioned in email address is unknown", bad_domain, "Indian ISPs"},
    {"the account or domain may not exist", bad_domain, "Synacor"},
    {"(domaine|dominio|domain|domena) (? |de destino |)(inconnu|n'existe "
     "pas|inexistant|desconocid|no existe|inesistente|sconosciuto|inexistente|nao existe|existiert "
     "nicht|unbekannt|nie istnieje)",
     bad_domain, "servers in their own tongue"},
    {"домен (? |получателя |)(не найден|не существует|неизвестен)", bad_domain, "Russian servers"},
    {"(域名|收件人域名|目标域名|網域)(? |)(不存在|无法解析|不正确|找不到|錯誤)", bad_domain,
     "QQ, Coremail"},
    {"(ドメイン|ドメイン名)(が|は)(存在し|見つかり|見つから)", bad_domain, "Japanese providers"},

    // ---- There is no such mailbox.
    {"no (such|known) (mail |local |)({who})", unknown_mailbox,
     "RFC 5321 appendix D; Exim, mail.ru"},
    {"no such (id|name|alias|mail-address|email-id|uid|userid|list|mailing list|entry)",
     unknown_mailbox, "KumoMTA's community rules"},
    {"{who} {tail}(is |are |was |: |)(an |)unknown", unknown_mailbox, "Sendmail, Postfix"},
    {"unknown (mail user|user|mailbox|recipient|account|email address|e-mail address|mail "
     "address|addressee|alias|customer|username|user name|local part|local-part|local "
     "user|person|member|rcpt|userid|destination|email|e-mail|or illegal|or invalid|virtual)",
     unknown_mailbox, "Sendmail, Exim, IMail, docomo"},
    {"(unknownuser|userunknown|user-unknown|nosuchuser|invalid-recipient|invalidrecipient)",
     unknown_mailbox, "Gmail's link, appliances"},
    {"{who} {tail}(is |was |has |has been |were |could |)(not (been |be "
     "|)(found|known|recognized|recognised|exist|existing|existent|valid|listed|registered|present|"
     "in our|in this|a valid|a known|defined|on this|at this|on file|here|local|known "
     "here)|unrecognized|nonexistent|non-existent|non existent|inexistent|no "
     "exist|not-exist|undefined)",
     unknown_mailbox, "Postfix, Exim, Zimbra, Oracle"},
    {"{who} {tail}(does not|doesn't|doesnt|dosn't|dosnt|does'nt|did not|didn't|do "
     "not|don't|dont|doesn "
     "t) exist",
     unknown_mailbox, "Gmail, NetEase"},
    {"{who} {tail}(is |)(no longer|not longer) (exist|valid|available|here|in use|in service|on "
     "this|accepts mail|accept|known|recognized|working|with|a valid|employed|monitored|on server)",
     unknown_mailbox, "Yahoo, corporate servers"},
    {"(does not|doesn't|do not|don't) exist(s|) (that|this|such) (user|recipient|mailbox|account)",
     unknown_mailbox, "Coremail"},
    {"{who} {tail}(is |)no longer (used|active|in operation|maintained|checked|read|exists)",
     unknown_mailbox, "corporate servers"},
    {"{who} {tail}(is |has been |was |)marked as invalid", unknown_mailbox,
     "Proofpoint Essentials"},
    {"not (a |)(user|recipient) (of|on|at) this ", unknown_mailbox, "Coremail"},
    {"cuda nsu", unknown_mailbox, "Barracuda, no such user"},
    {"no longer (a |an |)(valid|active|existing|current) "
     "(address|mailbox|user|recipient|account|email|e-mail)",
     unknown_mailbox, "corporate servers"},
    {"unknown or ambiguous", unknown_mailbox, "older servers"},
    {"dd ? is no longer valid", unknown_mailbox, "Yahoo, 554 delivery error"},
    {"is (wrong or |)no longer valid", unknown_mailbox, "corporate servers"},
    {"{who} {tail}(has been |was |have been |is "
     "|)(deleted|removed|closed|cancelled|canceled|purged)",
     unknown_mailbox, "Comcast, shared hosts"},
    {"(invalid|illegal|wrong|incorrect|nonexistent|non-existent|non-existing|non "
     "existent|inexistent|unrecognized|unrecognised|misspelled) (local |final delivery "
     "|)(user|mailbox|recipient|account|email address|e-mail address|mail "
     "address|addressee|alias|customer|username|user name|local "
     "part|local-part|rcpt|userid|destination|email|address|mail box|final delivery userid|mailbox "
     "path)",
     unknown_mailbox, "Mimecast, MessageLabs, IMail"},
    {"bad (destination mailbox|mailbox|recipient|address|email address|user|rcpt|addressee)",
     unknown_mailbox, "RFC 3463 x.1.1; IronPort"},
    {"bad-recipient", unknown_mailbox, "appliances"},
    {"badrcptto", unknown_mailbox, "qmail"},
    {"(is not|isn't|not|not a|no|n't) (in|in my|in our|my) (validrcptto|valid recipient)",
     unknown_mailbox, "qmail"},
    {"{who} (? |)(is |)not (in|on) (my|our|the) ", unknown_mailbox, "Korean and Japanese qmails"},
    {"(recipients|addresses|users) (? |)(are |were |)(invalid|unknown|not found|nonexistent)",
     unknown_mailbox, "Exchange, DATA after refused recipients"},
    {"badrecipientto", unknown_mailbox, "qmail"},
    {"(is not|isn't|not) (a |an "
     "|)(valid|known|current|local|registered|recognized|existing|active) (local |email |e-mail "
     "|mail |smtp "
     "|)(user|mailbox|recipient|address|account|email|e-mail|customer|member|addressee|subscriber)",
     unknown_mailbox, "Exim, AOL"},
    {"(is not|isn't|not) (our|a) (customer|client|subscriber)", unknown_mailbox, "Comcast, 551"},
    {"@ (is |was |)(not found|unknown|invalid|does not exist|doesn't exist|not exist|not known|not "
     "valid|not a valid|no longer|not here|non-existent|nonexistent|is not|wasn't found|: not "
     "found)",
     unknown_mailbox, "PowerMTA's list"},
    {"(there is |there's |has |have |)no (user|mailbox|mail box|account|recipient|one|one "
     "here|person|user account|email account|one at this|valid mailbox) (by that|by this|with "
     "that|with this|of that|of this|here|named|called|at this|at that|found|available|for|under "
     "that|matching|on this|in this)",
     unknown_mailbox, "qmail, vpopmail, vdelivermail"},
    {"no mail-box here by that name", unknown_mailbox, "KumoMTA's community rules"},
    {"(do not|don't|does not) (have a user|accept mail for this user)", unknown_mailbox,
     "older servers"},
    {"bad destination (email |mailbox |e-mail |)address", unknown_mailbox, "RFC 3463 x.1.1"},
    {"no (local |valid |)(mailbox|mail box)", unknown_mailbox, "qmail"},
    {"no ? in name directory", unknown_mailbox, "Groupwise"},
    {"not (present |listed |found |)in (the |our |)(public |domino |name |local |user |recipient "
     "|company |global |)(directory|ldap|name & address book|address book|address list|user "
     "database|user list|recipient table)",
     unknown_mailbox, "Domino, Notes"},
    {"not listed in (domino|public name|the)", unknown_mailbox, "Domino, Notes"},
    {"(can't|cannot|can not|couldn't|could not|unable to|did not|didn't|doesn't|failed to) "
     "(find|locate|recognize|recognise|resolve|identify) (the |a |this |that |any |)({who}|user's "
     "mailbox)",
     unknown_mailbox, "qmail patches, MDaemon"},
    {"{who} {tail}(couldn't|could not|cannot|can't|wasn't|was not|weren't|were not) (be "
     "|)(found|located|resolved|recognized|verified|matched)",
     unknown_mailbox, "Exchange 2007 and later"},
    {"(doesn't|does not|didn't|don't) have (a|an|any) (? |)(account|mailbox|email account)",
     unknown_mailbox, "Yahoo, Verizon"},
    {"no (user|account|mailbox) record", unknown_mailbox, "older servers"},
    {"(nicht im|non repertorie dans|non elencato|no figura en|no aparece en|nao listado)* "
     "(domino|annuaire|directory|adressbuch|namensverzeichnis|rubrica|directorio|catalogo)",
     unknown_mailbox, "Domino in other tongues"},
    {"no longer (has|have) (an|any|a) (account|mailbox|email account|address)", unknown_mailbox,
     "shared hosts"},
    {"(nobody|no-one|no one) (by|with|of) (that|this) name", unknown_mailbox, "older servers"},
    {"{who} {tail}(is |was |)obsolete", unknown_mailbox, "corporate servers"},
    {"not have an account here", unknown_mailbox, "cPanel"},
    {"(recipnotfound|recipientnotfound|exrecipnotfound|recipient notfound|adr.recipient)",
     unknown_mailbox, "Exchange, RESOLVER.ADR"},
    {"by smtp address lookup", unknown_mailbox, "Exchange Online, 5.1.10"},
    {"receiver not found", unknown_mailbox, "CompuServe"},
    {"lookup in domain map failed", unknown_mailbox, "Sendmail"},
    {"not a member of (the |this |)domain", unknown_mailbox, "MailSite"},
    {"no valid recipients for this mm", unknown_mailbox, "Verizon, vzwpix.com"},
    {"does not exist at the organization", unknown_mailbox, "Exchange 2000"},
    {"this (address|user|mailbox|recipient|spectator|email|account|person) (is unknown|does not "
     "exist|no longer)",
     unknown_mailbox, "shared hosts"},
    {"(don't|do not|does not|doesn't) know (this|that|the|any|a) (user|recipient|address|mailbox)",
     unknown_mailbox, "older servers"},
    {"not known (here|at this|on this|by this)", unknown_mailbox, "older servers"},
    {"(hasn't|has not|have not) (yet |)(been |)(registered|created|set up)", unknown_mailbox,
     "SoftBank"},
    {"i cannot deliver mail for", unknown_mailbox, "KumoMTA's community rules"},
    {"doesn't handle mail for that user", unknown_mailbox, "MailFoundry"},
    {"user missing home directory", unknown_mailbox, "Exim, local users"},
    {"unrout(e|)able address", unknown_mailbox, "Exim"},
    {"unrouteable", unknown_mailbox, "Exim"},
    {"mailbox ? invalid", unknown_mailbox, "IMail"},
    {"{who} {tail}(is |was |)invalid", unknown_mailbox, "NetEase, 550 mailbox invalid"},
    {"is not a valid (rfc 5321|rfc-5321|rfc 2821) address", unknown_mailbox, "Gmail, 5.1.3"},
    {"has a recent history of bouncing", unknown_mailbox, "Amazon SES, suppression list"},
    {"on (the |our |your |a |)suppression list", unknown_mailbox, "Amazon SES, SendGrid"},
    {"vdeliver: invalid", unknown_mailbox, "vdelivermail"},
    {"(benutzer|empfanger|empfaenger|adresse|postfach|empfangeradresse|empfaengeradresse|"
     "mailadresse|user|e-mail-adresse|mailbox|name) (? |)(ist |)(hier |auf diesem server "
     "|)(unbekannt|existiert (hier |leider |)nicht|nicht (mehr "
     "|)(gefunden|bekannt|vorhanden|existent)|ungultig|ungueltig)",
     unknown_mailbox, "T-Online, GMX, 1&1"},
    {"(unbekannter|ungultiger) (benutzer|empfanger|user)", unknown_mailbox, "German servers"},
    {"(unbekannte|ungultige) (adresse|empfangeradresse|e-mail-adresse)", unknown_mailbox,
     "German servers"},
    {"(benutzer|empfanger|adresse|postfach)* nicht (gefunden|bekannt|vorhanden)", unknown_mailbox,
     "Exchange in German"},
    {"(kein|keine) (solcher |solche |)(benutzer|empfanger|mailbox|postfach|adresse) ",
     unknown_mailbox, "German servers"},
    {"(utilisateur|destinataire|adresse|compte|boite|boite aux lettres|usager) (? |)(est "
     "|)(inconnu|inexistant|n'existe pas|non trouve|introuvable|invalide|n'est pas valide)",
     unknown_mailbox, "Free.fr, isep.fr"},
    {"destinataire(s|) invalide", unknown_mailbox, "Orange, OFR_416"},
    {"(usuario|destinatario|direccion|cuenta|buzon|cuenta de correo|casilla|persona) (? |)(es "
     "|)(desconocid|no existe|inexistente|no encontrad|no valid|invalid|no es valid)",
     unknown_mailbox, "Spanish servers"},
    {"no existe (ese|el|la|dicha|dicho|este|un|una) (usuario|persona|destinatario|buzon|cuenta)",
     unknown_mailbox, "Spanish servers"},
    {"no se (encontro|ha encontrado|pudo encontrar) (el |la "
     "|)(usuario|destinatario|direccion|buzon)",
     unknown_mailbox, "Exchange in Spanish"},
    {"(utente|destinatario|indirizzo|casella|account|casella di posta) (? |)(e "
     "|)(sconosciut|inesistente|non esiste|non trovat|non valid|non presente)",
     unknown_mailbox, "Libero, Tiscali, Aruba"},
    {"nessun utente", unknown_mailbox, "Italian servers"},
    {"(usuario|destinatario|conta|endereco|caixa postal|caixa de correio|e-mail) (? |)(e "
     "|)(desconhecid|inexistente|nao existe|nao encontrad|invalid|nao cadastrad)",
     unknown_mailbox, "UOL, Terra, Locaweb"},
    {"(nieznany|nieprawidlowy|nie znaleziono) (uzytkownika|uzytkownik|adresat|odbiorca|adres)",
     unknown_mailbox, "Polish servers"},
    {"(uzytkownik|adresat|odbiorca|adres|konto|skrzynka) (? |)(jest |)(nieznany|nie "
     "istnieje|nieznane)",
     unknown_mailbox, "wp.pl, Onet"},
    {"(nie ma|brak) (takiego |takiej |takie |)(uzytkownika|adresu|konta|skrzynki|odbiorcy)",
     unknown_mailbox, "Polish servers"},
    {"(пользователь|получатель|адрес|ящик|абонент|адресат|аккаунт) (* |)(не найден|не "
     "существует|неизвестен|не зарегистрирован|отсутствует|удален)",
     unknown_mailbox, "Yandex, mail.ru, Rambler"},
    {"(нет|не существует) такого (пользователя|получателя|адреса|ящика|адресата|почтового)",
     unknown_mailbox, "mail.ru"},
    {"такого (пользователя|ящика|адреса|адресата) (не существует|нет)", unknown_mailbox,
     "Russian servers"},
    {"(неизвестный|несуществующий) (пользователь|получатель|адрес|ящик|почтовый ящик)",
     unknown_mailbox, "Russian servers"},
    {"(宛先|ユーザ|ユーザー|アドレス|メールアドレス|メールボックス|受信者|アカウント)*("
     "見つかりません|存在しません|存在しない|不明|見つかりませんでした|存在しておりません)",
     unknown_mailbox, "OCN, Biglobe, Notes"},
    {"(查无此人|查無此人)", unknown_mailbox, "Coremail, Hinet"},
    {"ディレクトリ(には見つかりません|のリストにありません)", unknown_mailbox, "Domino, Notes"},
    {"(用户|收件人|帐号|账号|帐户|账户|地址|邮箱|邮件地址|信箱|邮箱地址|该用户|邮箱用户)(? "
     "|)(不存在|未找到|找不到|无效|未注册|不正确)",
     unknown_mailbox, "QQ, NetEase, Sina, Sohu"},
    {"(不存在|找不到|无此|无效|沒有這個|没有这个|查無)(的|该|)(用户|收件人|帐号|账号|邮箱|地址|"
     "使用者|帳號|信箱)",
     unknown_mailbox, "Coremail, Hinet"},
    {"(使用者|帳號|收件人|收件者|電子郵件地址|信箱|郵箱)(? |)(不存在|不明|無效|找不到)",
     unknown_mailbox, "Hinet, Yahoo Taiwan"},
    {"(수신자|사용자|존재하지|메일 계정|계정)*(존재하지 않|찾을 수 없|없습니다|않는 "
     "(사용자|계정|메일))",
     unknown_mailbox, "Naver, Daum"},
    {"(bilinmeyen (kullanici|alici)|(kullanici|alici|adres|hesap) bulunamadi|boyle bir "
     "(kullanici|adres|hesap) yok)",
     unknown_mailbox, "Turkish servers"},
    {"(gebruiker|ontvanger|adres|postbus) (? |)(onbekend|bestaat niet|niet gevonden)",
     unknown_mailbox, "Dutch servers"},
    {"onbekende (gebruiker|ontvanger)", unknown_mailbox, "Dutch servers"},
    {"geen (gebruiker|ontvanger|mailbox|postvak) ", unknown_mailbox, "Dutch servers"},
    {"(ukjent|ukendt|okand) (mottaker|modtager|mottagare|bruker|bruger|anvandare|adresse|adress)",
     unknown_mailbox, "Scandinavian servers"},
    {"(bruger|brugeren|brukeren|anvandaren|mottagaren|modtageren|mottakeren|adressen) (? |)(findes "
     "ikke|finnes "
     "ikke|eksisterer ikke|finns inte|hittades inte|kunne ikke findes)",
     unknown_mailbox, "Scandinavian servers"},
    {"(tuntematon (vastaanottaja|kayttaja)|(vastaanottajaa|kayttajaa|osoitetta) ei (loydy|ole))",
     unknown_mailbox, "Finnish servers"},
    {"(neznamy|neexistujici) (uzivatel|adresat|prijemce)", unknown_mailbox, "Czech servers"},
    {"ismeretlen (cimzett|felhasznalo|cim)", unknown_mailbox, "Hungarian servers"},
    {"khong (tim thấy|tồn tại) ", unknown_mailbox, "Vietnamese servers"},
    {"(destinatar|utilizator) (necunoscut|inexistent)", unknown_mailbox, "Romanian servers"},
    {"(uzivatel|schranka|adresat|adresa) (? |)(neexistuje|nenalezen|nezname|neznamy)",
     unknown_mailbox, "Seznam"},

    // ---- Too much at once.
    {"(rate|frequency|volume|connection|connections|session|sessions|thread|threads) "
     "(limit|limited|limits)",
     rate, "Yahoo, QQ, Exchange"},
    {"(rate|frequency) (is |has been |)limited", rate, "QQ, 550"},
    {"too many "
     "(connections|concurrent|messages|recipients|sessions|mails|emails|e-mails|errors|smtp|open|"
     "simultaneous|transactions|requests|commands|hits|mail)",
     rate, "Postfix, Sendmail, GoDaddy"},
    {"(sent|mailed) (to |)too many", rate, "GoDaddy, IB504, IB607"},
    {"throttl", rate, "SendGrid, Exchange"},
    {"(unusual|excessive) (rate|volume|number)", rate, "Gmail 4.7.28, iCloud"},
    {"unexpected volume", rate, "Yahoo, TSS04"},
    {"(temporarily|permanently) deferred", rate, "Yahoo, TSS09"},
    {"(exceeded|exceeds|reached) (the |your |its |permitted |a |)(maximum |max |allowable |allowed "
     "|hourly |daily |)(number of|connection|connections|messages|emails|message|recipients|limits "
     "within|rate)",
     rate, "GoDaddy IB510, Exchange Online"},
    {"max message(s|) per connection", rate, "Yahoo"},
    {"slow down", rate, "Orange, OFR_104"},
    {"try again slower", rate, "Cox"},
    {"trop de (connexions|connections|messages)", rate, "Orange, OFR_104"},
    {"numerous attempts to deliver", rate, "SendGrid"},
    {"solving a captcha", rate, "Google Groups"},
    {"ip temporarily blacklisted", rate, "Mimecast, 451"},
    {"(submission rate|发送频率|频率)", rate, "Exchange, QQ"},
    {"sending limit", rate, "Exchange Online"},
    {"message threshold exceeded", rate, "Cox"},

    // ---- Authentication.
    {"dkim", authentication, "RFC 6376; Gmail"},
    {"sender policy framework", authentication, "RFC 7208; Exchange 5.7.23"},
    {" spf", authentication, "RFC 7208"},
    {".spf", authentication, "openspf.org, spf.pobox.com"},
    {"(sender|email|mail|message|senders) (is |from ? is |)(unauthenticated|not authenticated)",
     authentication, "Yahoo, 5.7.9"},
    {"unauthenticated (email|mail|sender|message)", authentication, "Gmail, 5.7.26"},
    {"authentication (information|checks|fail|is required|required|credentials|requise|turned "
     "on|mechanism|not allowed|policy|results)",
     authentication, "Gmail, cPanel"},
    {"smtp auth ", authentication, "Kerio"},
    {"unauthenticated relay", authentication, "Yahoo, Sun"},
    {"smtp authentication", authentication, "MessageLabs"},
    {"(requires|require|must) (authentication|authenticate|pass either)", authentication,
     "MailEnable"},
    {"(was not|not|wasn't|n't) authenticated", authentication, "Exchange, 5.7.1"},
    {"authrequired", authentication, "Exchange, RESOLVER.RST"},
    {"(don't|do not) authenticate", authentication, "qmail, chkuser"},
    {"code(s|) d'(?|)authentification", authentication, "Orange, OFR_305"},
    {"anti-spoofing", authentication, "Mimecast"},
    {"domain authentication", authentication, "MessageLabs"},
    {"auth failed", authentication, "NetEase"},
    {"(starttls|tls|encryption|ssl) (is |)(required|command first|connection required|must)",
     authentication, "RFC 3207, 530"},
    {"(requires|require|must use|must support|required) (encryption|tls|starttls|high-strength)",
     authentication, "Mimecast, 553"},
    {"starttls-not-supported", authentication, "Exchange Online, 5.7.321"},
    {"tlsa-invalid", authentication, "Exchange Online, 5.7.323"},
    {"dnssec-invalid", authentication, "Exchange Online, 5.7.324"},

    // ---- The reader wants none.
    {"(rejected|blocked|refused) by (user|the recipient|recipients|recipient|the user|rcpt|user "
     "rules|the addressee|addressee)",
     refused, "QQ, 550"},

    // ---- Reputation of the sending host.
    {"reputation", reputation, "Gmail, IronPort, Mimecast"},
    {"(black|block|deny)(| |-)list", reputation, "Spamhaus and its kin"},
    {"spamhaus", reputation, "Spamhaus"},
    {"spamcop", reputation, "SpamCop"},
    {"sorbs", reputation, "SORBS"},
    {"barracudacentral", reputation, "Barracuda"},
    {"abuseat.org", reputation, "CBL"},
    {"cloudmark", reputation, "Cloudmark CSI"},
    {"uceprotect", reputation, "UCEPROTECT"},
    {"senderscore", reputation, "Validity"},
    {"invaluement", reputation, "ivmSIP"},
    {"ivmsip", reputation, "ivmSIP"},
    {"spamrl.com", reputation, "SpamExperts"},
    {"(dnsbl|rbl)", reputation, "RFC 5782; AT&T"},
    {"realtime block", reputation, "Exchange"},
    {"realtime blackhole", reputation, "MAPS"},
    {"blocked (using|by|for spamming|for abuse|- see|see)", reputation, "Postfix, rbl_reply_maps"},
    {"refused - see http", reputation, "Comcast"},
    {"listed (in|at|on|by|as) ", reputation, "DNSBL users"},
    {"messages from ? weren't sent", reputation, "Outlook.com, SC-001"},
    {"no smtp service", reputation, "RFC 5321, 554 at the greeting; GMX"},
    {"(remote ip|ip|helohost|helo host) (check |)error", reputation, "Chinese appliances"},
    {"(invalid|black|bad) ip", reputation, "NetEase, Chinese appliances"},
    {"host * unknown tld", reputation, "BarricadeMX"},
    {"(banned|blocked) (sending ip|sender|ip)", reputation, "Exchange Online, 5.7.606"},
    {"(mail |e-mail |email |)from (ip |ip address |host |)? (is |was |are "
     "|)(banned|blocked|refused|rejected|not accepted|not allowed)",
     reputation, "DNSBL users"},
    {"access from ip address", reputation, "T-Online"},
    {"ip (address |)(? |)(is |has been |was "
     "|)(blocked|banned|rejected|refused|denied|listed|bloquee)",
     reputation, "MessageLabs, Orange"},
    {"your (host|server|network|ip|domain|sending ip|mail server|ip address|netblock) ", reputation,
     "many, of the sender's host"},
    {"network is on our block", reputation, "Outlook, S3150"},
    {"ont ete bloques", reputation, "LaPoste, LPN_102"},
    {"reverse (dns|lookup|hostname|name)", reputation, "Gmail 5.7.25, Comcast"},
    {"rdns", reputation, "Cox"},
    {" ptr ", reputation, "GMX, Gmail"},
    {"ip name lookup failed", reputation, "Sendmail"},
    {"(cannot|can't|could not) (find|resolve|determine) your (hostname|host|address|reverse)",
     reputation, "Postfix, reject_unknown_client"},
    {"unresolvable relay host", reputation, "Domino"},
    {"dynamic ip", reputation, "mail.ru, Outlook"},
    {"open proxy", reputation, "Sendmail"},
    {"client (? |)blocked", reputation, "Proofpoint"},
    {"connected to ? but (my name|greeting)", reputation, "qmail-remote"},
    {"mismatches client ip", reputation, "NetEase"},
    {"connections (not accepted|will not be accepted)", reputation, "Yahoo, BL21"},
    {"not accepting connections", reputation, "iCloud"},
    {"(not allowed|not permitted) to connect", reputation, "IronPort"},
    {"confirm this mail server", reputation, "challenge at connect"},
    {"user complaints", reputation, "Yahoo, TSS05"},
    {"submit messages to this e-mail system", reputation, "Cisco IronPort"},
    {"not authorized to send email directly", reputation, "Gmail"},
    {"(whitelist|not in whitelist|allowlist|allow list|allowed sender)", reputation,
     "Gmail, LaPoste"},
    {"suspected (spam ip|bounce attack)", reputation, "QQ, 550"},
    {"geographic* (location|restriction)", reputation, "Mimecast"},
    {"host network", reputation, "Mimecast, 554"},
    {"(cxbl|cdrbl|cxdns|ipbl)", reputation, "Cox, AUP#"},
    {"(s3140|s3150|s3115)", reputation, "Outlook.com"},
    {"looks suspiciously like spam", reputation, "qmail"},
    {"(service refuse|service refused)", reputation, "Orange, OFR_103"},
    {"a problem occurred. ask your postmaster", reputation, "T-Online, 554 IP="},

    // ---- We were to relay.
    {"relay (access |mail |)(is |)(denied|not permitted|not "
     "allowed|prohibited|forbidden|rejected|blocked)",
     relay, "Postfix, Exim"},
    {"relaying (is |mail |to ? |)(denied|not permitted|not "
     "allowed|prohibited|forbidden|to|rejected)",
     relay, "Sendmail, Exchange"},
    {"(unable|not able|not allowed|not permitted|cannot|not configured|refuse|isn't allowed|won't) "
     "(to |)relay",
     relay, "Exchange 5.7.1, MessageLabs"},
    {"(no relaying|not relay)", relay, "older servers"},
    {"relay disabled", relay, "Libero"},
    {"denies relay", relay, "Chinese appliances"},
    {"relay check ", relay, "Chinese appliances"},
    {"as a relay", relay, "MessageLabs"},
    {"(open|insecure|unauthorized|mail) relay", relay, "Mimecast, 451"},
    {"allowed rcpthosts", relay, "qmail"},
    {"in my list of allowed", relay, "qmail"},
    {"not (local host|a gateway|a registered gateway)", relay, "Kerio, InterScan"},
    {"(don't|do not|doesn't) handle mail for", relay, "older servers"},
    {"local user only", relay, "older servers"},
    {"credentials for relay", relay, "Gmail, 5.7.1"},
    {"smtp relay error", relay, "KDDI"},
    {"relayed through", relay, "older servers"},

    // ---- Spam in the server's eyes.
    {"(spam|antispam)", spam, "any"},
    {"unsolicited", spam, "Gmail, 5.7.1"},
    {"junk (mail|email|e-mail)", spam, "cPanel, t-online"},
    {"junkmail", spam, "cPanel"},
    {"bulk (mail|email|e-mail)", spam, "Cyberoam"},
    {"mass mail", spam, "Facebook"},
    {"(mail rejete|mail rejected)", spam, "Orange, OFR_506"},
    {"content filter", spam, "Exchange"},
    {"uribl", spam, "URIBL"},
    {"urlbl", spam, "Cox, AUP#"},
    {"recurrent pattern", spam, "CommTouch"},
    {"(垃圾邮件|垃圾郵件|反垃圾)", spam, "QQ, NetEase"},
    {"спам", spam, "mail.ru, Yandex"},

    // ---- Content and size.
    {"virus", content, "ClamAV and its kin"},
    {"malware", content, "appliances"},
    {"phish", content, "appliances"},
    {"trojan", content, "appliances"},
    {"attachment", content, "Gmail, 5.7.0"},
    {"executable", content, "Gmail, 5.7.0"},
    {"potential security issue", content, "Gmail, 5.7.0"},
    {"(banned|prohibited|unacceptable|objectionable) (content|file)", content, "amavis"},
    {"(message|mail) (content|data|body) ", content, "QQ 550, RFC 3463 x.6.0"},
    {"content (is |was |has been |)(reject|denied|block|not accept|refused|policy|reject* )",
     content, "PowerMTA's list"},
    {"not conform to", content, "Exchange, Sendmail milters"},
    {"missing (message-id|date|from|header)", content, "RFC 5322 checks"},
    {"listed url", content, "URIBL users"},
    {"non-(western|latin)", content, "AOL"},
    {"rfc (5322|822|2822|2045)", content, "Gmail, 5.7.1"},
    {"(bare|stray) (lf|line|linefeed|cr)", content, "qmail"},
    {"(line|lines) (is |are |)too long", content, "RFC 5321 §4.5.3"},
    {"mime (error|/reject)", content, "amavis"},
    {"mime/reject", content, "MessageWall"},
    {"(invalid|bad|duplicate|missing|multiple|malformed|suspicious) (message |? |)(header|headers)",
     content, "amavis, Gmail"},
    {"header (error|are not accepted|is missing|size)", content, "Gmail"},
    {"(from|to|date|message-id|subject)(:|) header", content, "Gmail, 5.7.1"},
    {"messages without * fields", content, "older servers"},
    {"(8bit|8-bit|8bitmime|smtputf8) ", content, "RFC 6152, RFC 6531"},
    {"conversion (to internet format |)(failed|required|error|not)", content,
     "Exchange; RFC 3463 x.6.3"},
    {"(message|mail|email|file|data|body) (is |was |file |size |)(too |)(big|large|long)(?|)", size,
     "RFC 3463 x.3.4; Postfix"},
    {"too (big|large) for", size, "Exchange, RESOLVER.RST"},
    {"(size|length) (? |)(exceed|is too|limit|was exceeded|restriction|greater|larger)", size,
     "Sendmail, Exchange"},
    {"(exceed|exceeds|exceeded|exceeding|over|larger than|greater than) * (size|limit of ? "
     "bytes|system limit|attachments|databytes|byte limit)",
     size, "Gmail 5.3.4, qmail"},
    {"(max|maximum) (message |mail |email |)size", size, "Sendmail"},
    {"databytes limit", size, "qmail"},
    {"recipsizelimit", size, "Exchange, RESOLVER.RST"},
    {"sendsizelimit", size, "Exchange, RESOLVER.RST"},
    {"taille (limite|du message|maximale)", size, "Orange, OFR_514"},
    {"(nachricht|mail) (ist |)zu gro", size, "German servers"},

    {"message (is |was |has been |)(filtered|blocked|quarantined)", spam, "AOL, MessageLabs"},

    // ---- Refused by the reader or by rule.
    {"(by|of) (the |)recipient('s|) (preference|choice|request|setting|rule)", refused,
     "Facebook, RCP-P2"},
    {"recipient preferences", refused, "Facebook, RCP-P2"},
    {"(user|recipient) (? |)(refuses to|refuses mail|refused to|has refused to|refuse to|does not "
     "accept|do not "
     "accept|doesn't accept|is only accepting|has blocked|not accepting)",
     refused, "AOL, Willcom"},
    {"because the recipient is ", refused, "AOL"},
    {"(due to|by) user rules", refused, "Zoho"},
    {"restricted sms e-mail", refused, "AT&T"},
    {"recipient (has |)rejected (the|your|this) (message|mail|email|e-mail)", refused,
     "MailChannels, 541"},
    {"this account is protected", refused, "challenge-response services"},
    {"(not subscribed|non-member|members-only|closed mailing list|not a member of)", refused,
     "mailing lists"},
    {"permission to (send|post)", refused, "Exchange, Google Groups"},
    {"notauthorized", refused, "Exchange, RESOLVER.RST"},
    {"accepts only mail from", refused, "reader's allow lists"},
    {"only accept* (mail|messages|email) from", refused, "reader's allow lists"},
    {"拒收", refused, "QQ, NetEase"},
    {"(delivery |)not authorized, message refused", policy, "Exchange, transport rules"},
    {"transport.rules", policy, "Exchange"},
    {"policy (reason|reject|violation|restriction|prohibit|that|detect|error|denied)", policy,
     "Yahoo PH01, GMX"},
    {"(security|local|organization|administrative|email|company|corporate|content|abuse|site) "
     "(policy|policies)",
     policy, "Mimecast, iCloud CS01"},
    {"(by|to|of|violates|violate|for|against) (our |the |a |local |my |)policy", policy,
     "Google Workspace, 5.7.1"},
    {"administrative prohibition", policy, "Exim, Mimecast"},
    {"rule imposed", policy, "MailMarshal"},
    {"suspicious", policy, "PowerMTA's list"},
    {"(#|)aup#", policy, "Cox, Charter"},

    // ---- Loops, networks, time.
    {"loop(s|) back", loop, "Postfix, 5.4.6"},
    {"(mail|routing|forwarding|message|possible|delivery|aliasing|aliasing/forwarding) loop", loop,
     "Exim, Exchange"},
    {"loop (detected|alert|count|was found|condition|broken|back)", loop, "OpenSMTPD, fml"},
    {"points back to", loop, "Sendmail"},
    {"looping", loop, "qmail, 5.4.6"},
    {"mxloopback", loop, "Exchange, SMTPSEND.DNS"},
    {"too many (hops|received)", loop, "Sendmail, Exim"},
    {"hop count", loop, "Sendmail, Exchange"},
    {"exceeded ? hops", loop, "Gmail, 5.4.6"},
    {"my delivered-to line", loop, "qmail"},
    {"lowest numbered mx", loop, "Exim"},
    {"best-preference mx", loop, "qmail-remote"},
    {"(connection|session|conversation|operation|timeout) (was |has |is |)(timed "
     "out|refused|reset|dropped|lost|closed|failed|timeout|expired|broken|terminated|interrupted|"
     "time out|aborted)",
     network, "Postfix, Exim, Exchange"},
    {"timed( |-|)out", network, "Postfix"},
    {"(lost|bad|no|broken|dropped) connection", network, "Postfix"},
    {"dns resol", network, "Alibaba, 423"},
    {"(unreachable|unresponsive) host", network, "Alibaba, 427"},
    {"(tls|ssl) (handshake|negotiation|session)", network, "Postfix, GnuTLS"},
    {"no route to host", network, "connect(2)"},
    {"(network|host|server|destination|domain) (is |was |)(unreachable|not reachable|down|not "
     "responding|not available)",
     network, "connect(2); Zoho"},
    {"(could not|couldn't|cannot|can't|unable to|wasn't able to|not able to|failed to|did "
     "not|unsuccessful) (connect|establish|contact|reach|communicate|initiate|open a "
     "connection|talk|negotiate)",
     network, "qmail-remote, Gmail"},
    {"did not (respond|accept our requests to connect|answer)", network, "Gmail"},
    {"(not|isn't|is not) responding", network, "Exchange 2003"},
    {"connect to ? (? |)(: |)(operation|connection|no route|network|server|refused)", network,
     "Postfix"},
    {"connection to ? (? |)(failed|refused)", network, "PowerMTA"},
    {"(dns|name server|nameserver|host|host name|hostname|mx|address lookup|name lookup) (lookup "
     "|query |server |look-up |)(did not complete|failed|failure|error|temporar|problem)",
     network, "Exim, Sendmail, Exchange Online"},
    {"no (response|answer) from", network, "RFC 3463 x.4.1; IMail"},
    {"servfail", network, "resolvers"},
    {"closed (the |)connection", network, "qmail, older servers"},
    {"name service error", network, "Postfix"},
    {"name server reply", network, "Postfix"},
    {"(smtp|communication) (communication problem|connection failed|session|conversation)", network,
     "Exchange 2003, IMail"},
    {"network error", network, "OpenSMTPD"},
    {"lookup of host ? failed", network, "Exim"},
    {"could not find a gateway for", network, "an X.400 gateway"},
    {"computer could not be found", network, "Exchange 2003"},
    {"all (hosts|relevant mx) * (failing|fail)", network, "Exim"},
    {"(message |delivery |envelope |mail |queue.|connection |time |timeout |retry |time-out )(has "
     "|time |timeout |was |limit |retry timeout |time has |)(expired|timeout exceeded|time "
     "exceeded)",
     expired, "Exchange QUEUE.Expired, Exim, GMX"},
    {"retry (timeout|time-out|time not reached|limit)", expired, "Exim"},
    {"(in the|in|on the|on our|in our) (delivery |mail |)queue (too|for|longer|period)", expired,
     "qmail, Sendmail"},
    {"(too|too much) (long|old|time)", expired, "qmail, IronPort"},
    {"(giving up (after|because|trying)|gave up|given up (after|because|trying)|give up)", expired,
     "KDDI"},
    {"not (been |)(delivered|collected|reachable|deliverable) (with|after|in|for)", expired,
     "au, PMDF"},
    {"(undeliver|not be delivered) * (days|hours|time limit|too long|period|retries|attempts)",
     expired, "Sendmail, Exchange"},
    {"(delivery |)(failed|attempts) ? (attempts|exceeded)", expired, "IMail"},
    {"(delivery deadline|not deliver (the |)message within)", expired, "older servers"},
    {"still undelivered", expired, "Sendmail"},
    {"time limit specified", expired, "Exchange 5.5"},
    {"(allowed|maximum|max) (queue|delivery|retry) (period|time|lifetime|attempts)", expired,
     "Oracle Messaging Server"},
    {"message delayed", expired, "Exchange, 4.4.7"},
    // under whatever digits: what may be tried again is not gone
    {"try (again|it again) later", server, "any"},
};

constexpr FailurePattern vague[] = {
    // ---- The server's own trouble.
    {"(inactivo|inativo|ha "
     "expirado|bloccat|disattivat|inattiv|zablokowan|nieaktywn|blockiert|bloqueado|suspendid)",
     disabled, "servers in their own tongue"},
    {"(requires that you verify|registered users)", policy, "challenge-response services"},
    {"(file|directory|record|header|certificate|page|object|database) (not found|does not "
     "exist|unavailable|not available)",
     server, "local delivery agents"},
    {"(too busy|load|error writing|could not be stored|read error|timeout|busy|error "
     "processing|connection with ? is|hosts are down)",
     server, "Sendmail, CommuniGate"},
    {"storagetransient", server, "Exchange, STOREDRV"},
    {"(temporar|transient)", server, "RFC 3463, class 4"},
    {"try (again|later|it again|your)", server, "any"},
    {"(please|veuillez) (retry|essayer)", server, "Orange"},
    {"(system|internal|local|mailer|configuration|server|i/o|input/"
     "output|software|database|disk|write|unknown mailer|processing|program|lmtp) "
     "(error|failure|problem|fault|incorrectly)",
     server, "Postfix, Sendmail, Exchange"},
    {"(no valid route|all routes|no route|unable to resolve route|unable to route)", network,
     "OpenSMTPD, PMDF"},
    {"(service|resources|server|system) (is |currently |temporarily |are |)(unavailable|not "
     "available|busy|overloaded|full|closing|down|not active|shutting)",
     server, "RFC 5321, 421"},
    {"(insufficient (system|memory|disk)|out of memory)", server, "RFC 5321, 452"},
    {"misconfigur", server, "Exchange"},
    {"(command|program|process) (died|failed|output|exited)", server, "Postfix, pipe"},
    {"exit (status|code|with)", server, "Sendmail, Exim"},
    {"(unable|can't|cannot|could not|couldn't|failed) (to "
     "|)(open|write|create|switch|chdir|read|append|fork|exec|stat|lock|access)",
     server, "qmail-local, procmail"},
    {"(procmail|maildrop|pipe to|pipe: |system call|being processed|can not open|waiting for "
     "input|system "
     "config|load drd)",
     server, "local delivery agents"},
    {"no mdb", server, "Exchange"},
    {"ldap", server, "qmail-ldap"},
    {"several matches found", server, "Domino"},
    {"(ambiguous|not unique|badprimary|invalidinsmtp)", server, "Exchange, Domino"},
    {"delivery to (file|pipe) forbidden", server, "Exim"},
    {"local delivery failed", server, "Exim"},
    {"(unrecognized command|command not|bad sequence|syntax error|bad "
     "command|unimplemented|command unrecognized|out of sequence|parameter|protocol "
     "violation|protocol error)",
     protocol, "RFC 5321, 500–504"},

    // ---- Refusals for a reason that they do not tell.
    {"(banned|prohibited|forbidden|blocked|bounced by administrator|not welcome|go away|abuse|abus "
     ")",
     policy, "PowerMTA's list"},
    {"(restricted|verification failure|organizational settings|cannot route mail to user|low "
     "priority)",
     policy, "Domino, older servers"},
    {"(unverifyable sending|from mail server|smtp server of your|for sending mail of|unwanted "
     "messages|multiple addresses|refuse to receive|purported responsible)",
     policy, "many, of the sender's host"},
    {"policy", policy, "PowerMTA's list"},
    {"permanent failure for one or more recipients", policy, "Barracuda"},
    {"recipient verification ", server, "baruwa, CompuServe"},
    {"message (was |is |has been |)(refused|rejected|denied|not accepted)", policy, "Yahoo, any"},
    {"(mail|email|e-mail|messages|content) (was |is |has been |)(refused|rejected|denied|not "
     "accepted)",
     policy, "SendGrid, any"},
    {"not (authorized|authorised|permitted)", policy, "RFC 3463 x.7.1"},

    // ---- A mailbox that is refused without another word: by tradition unknown (RFC 5321, 550).
    {"mailbox (? |)(is |)(unavailable|not available|unavaiable|unaviable|name not allowed|not "
     "allowed)",
     unknown_mailbox, "RFC 5321, 550; Outlook, GMX"},
    {"(user|recipient|address|account) (is |currently |is currently |)(unavailable|not available)",
     unknown_mailbox, "older servers"},
    {"(mailbox|recipient|account|recipient address|address|addressee|rcpt|email address|e-mail "
     "address|recipients) (? |)(is |was |were |has been |: |)(rejected|refused|denied|not "
     "accepted|not ok|not allowed|not deliverable|undeliverable|not permitted|no good|not good)",
     unknown_mailbox, "Postfix, Outlook 5.4.1, Cox"},
    {"(recipient|recipients|rcpt|rcpt to|command rcpt) (? |user ? |)(not "
     "ok|rejected|refused|denied)",
     unknown_mailbox, "Oracle Messaging Server, older servers"},
    {"(no valid|no) recipient", unknown_mailbox, "Postfix, 554"},
    {"unverified address", policy, "Postfix, verify"},
    {"undeliverable (address|recipient)", unknown_mailbox, "Postfix, verify"},
    {"unavailable (mail |)(user|mailbox|recipient|address)", unknown_mailbox, "NetEase"},
    {"malformed (recipient |)address", unknown_mailbox, "Exim, syntax of the recipient"},
    {"does not like recipient", unknown_mailbox, "qmail-remote"},
    {"did not like our rcpt to", unknown_mailbox, "DragonFly Mail Agent"},
    {"server rejected recipients", unknown_mailbox, "older servers"},
    {"(has |)rejected (the |)(address|recipient)", unknown_mailbox, "Oracle Messaging Server"},
    {"unable to deliver message to @", unknown_mailbox, "Trend Micro"},
    {"is not available here", unknown_mailbox, "Parallels"},
    {"can't accept user", unknown_mailbox, "older servers"},
    {"(inesistente|sconosciut|inexistent|inconnu|desconocid|desconhecid|unbekannt|nie istnieje|nao "
     "existe|no existe|n'existe|existiert nicht|gibt es nicht|non "
     "esiste|errato|onbekend|neexistuje|не "
     "существует|не найден|不存在|存在しません|見つかりません|不明)",
     unknown_mailbox, "servers in their own tongue"},
    {" (does not|doesn't|do not|did not) exist", unknown_mailbox, "any"},
    {"not found", unknown_mailbox, "any"},

    // ---- And the rest.
    {"access (is |was |)(denied|-denied|not allowed)", policy, "any"},
    {"access-denied", policy, "MXLogic"},
    {"(rejected|refused|denied|reject|disallowed|not allowed|not accepted|no permit|no thank)",
     policy, "any"},
    {"unknown "
     "(error|reason|method|command|problem|cause|failure|status|response|transport|ssl|tls)",
     server, "any"},
    {"(name|recipients|addressees) (is |are |)unknown", unknown_mailbox, "older servers"},
    {"(user|recipient|mailbox|address) (? |)(is |)(not correct|incorrect)", unknown_mailbox,
     "older servers"},
    {"unknown address", unknown_mailbox, "IronPort, 5.1.0"},
    {"(unavailable|deferred|transaction failed)", server, "any"},
};

}  // namespace

std::span<const FailurePattern> clear_patterns() { return clear; }
std::span<const FailurePattern> vague_patterns() { return vague; }

std::string_view pattern_group(std::string_view name) {
  if (name == "{who}") return who;
  if (name == "{box}") return box;
  if (name == "{tail}") return tail;
  return {};
}

CauseMeaning meaning(Cause cause) {
  switch (cause) {
    case unknown_mailbox:
      return {"unknown_mailbox", ReportKind::hard};
    case moved:
      return {"moved", ReportKind::hard};
    case bad_domain:
      return {"bad_domain", ReportKind::hard};
    case no_mail_domain:
      return {"no_mail_domain", ReportKind::hard};
    case disabled:
      return {"disabled", ReportKind::soft};
    case full:
      return {"full", ReportKind::soft};
    case rate:
      return {"rate", ReportKind::soft};
    case loop:
      return {"loop", ReportKind::soft};
    case expired:
      return {"expired", ReportKind::soft};
    case network:
      return {"network", ReportKind::soft};
    case server:
      return {"server", ReportKind::soft};
    case protocol:
      return {"protocol", ReportKind::soft};
    case policy:
      return {"policy", ReportKind::policy};
    case relay:
      return {"relay", ReportKind::policy};
    case sender:
      return {"sender", ReportKind::policy};
    case refused:
      return {"refused", ReportKind::policy};
    case authentication:
      return {"authentication", ReportKind::policy};
    case reputation:
      return {"reputation", ReportKind::policy};
    case spam:
      return {"spam", ReportKind::policy};
    case content:
      return {"content", ReportKind::content};
    case size:
      return {"size", ReportKind::content};
    case unknown:
      break;
  }
  return {"unknown", ReportKind::soft};
}

}  // namespace postrider::mail
