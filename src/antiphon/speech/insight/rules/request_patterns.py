"""Phrases that open, shape and close a request; used by `actions`."""

from __future__ import annotations

import re

VERBS = (
    "add|advise|answer|arrange|ask|amend|approve|apologi[sz]e|bill|block|book|bring|call|cancel"
    "|change|check|clarify|clean|close|collect|come|confirm|connect|contact"
    "|correct|credit|deliver|dispatch|do|drop|email|e-mail|escalate|examine|explain|extend|fax"
    "|find|fit|fix|follow|forward|get|give|have|help|hold|honour|include|inform|install"
    "|investigate|invoice|issue|keep|leave|let|look|mail|make|mend|message|move|notify|offer|open"
    "|order|organi[sz]e|pass|phone|pick|post|postpone|prepare|prepone|process|provide|put"
    "|quote|reach|rearrange|re-arrange|recommend|refund|register|remind|remove|renew|repair"
    "|replace|reply|reschedule|reserve|reset|resend|resolve|respond|restore|return|review|ring"
    "|run|save|schedule|see|send|service|set|share|ship|sign|sort|speak|squeeze|stop|submit"
    "|supply|switch|take|talk|tell|text|transfer|turn|unlock|update|upgrade|use|verify|walk|waive"
    "|write"
)
# Any word that can be the verb of a request: what is not plainly something else.
VERB = (
    r"(?!(?:the|an?|my|your|our|this|that|these|those|it|its|i|we|you|he|she|they|me|us|and|or|but|so"
    r"|not|to|if|for"
    r"|with|been|is|are|was|were|thanks|thank you|hello|hi|hey|believe|imagine|guess|don't|no|yes|well"
    r"|very|all|as|at"
    r"|on|in|of|by|from|there|here|what|when|where|who|why|how|which|because|before|after|until|asap|urgently"
    r"|sir|madam|ma'am|everyone|bye|goodbye|i'm|i'd|i'll|i've|we're|it's|that's|feel free|excuse"
    r"|forgive|hurry"
    r"|listen|wait|accept my)\b)[a-z]+(?:-[a-z]+)?"
)
GO = (
    "book|schedule|reschedule|cancel|order|change|move|arrange|rearrange|re-arrange|buy|purchase"
    "|return|speak|talk|know|make|confirm|check|upgrade|set up|sign up|register|reserve|hire|rent"
    "|renew|switch|discuss|see|view|extend|postpone|hear|add|update|report|get|find out|place"
    "|request|donate|volunteer|enrol|enroll|bring forward|apply|terminate|close|end|come in|pick "
    "up|drop off|have|push|open|join|ask|meet|prepone|complain|make|chase|query|dispute|swap"
    "|exchange|borrow|visit|order|understand|learn|bring|be seen"
    "|sell|pay|settle|rebook|claim|collect|rent|set|fix"
)
WANT = (
    r"(?:i|we)(?:'d| would)? (?:really |just |also |actually |still |very much |kindly )?(?:like"
    r"|love|prefer|want|wanted|need|wish|hope|have)"
    r"|(?:i'm|i am|we're|we are|was|were)? ?(?:just |also )?(?:hoping|looking|wanting|wishing"
    r"|trying|keen|calling|ringing|phoning|call|ring|wondering if i could|wondering if we could"
    r"|wondering if i can)"
    r"|(?:can|could|may|might) (?:i|we)(?: please| possibly)?"
)
COUNT = (
    r"(?:\d+|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|hundred)"
)
THING = (
    "appointment|quote|quotation|estimate|call ?back|phone call|copy|refund|replacement|receipt"
    "|invoice|table|room|update|price list|price|brochure|plumber|electrician|engineer"
    "|technician|prospectus|catalogue|viewing|visit|consultation|meeting|demo|demonstration"
    "|sample|samples|slot|booking|reservation|explanation|apology|letter|certificate|statement"
    "|taxi|cab|reply|response|answer|repeat prescription|prescription|discount|taster|tour|trial"
    "|new password|password reset|parking permit|confirmation|reference|form|application form"
    "|money back|wheelchair|cot|vegetarian option|upgrade|inspection|repair|supervisor|manager|human|word"
    "|credit note|vat receipt|tracking number|part|new one|second opinion|cleaner|lift|call"
)
SOMEONE = (
    r"(?:you(?: guys| folks| all| lot)?|y'all|someone|somebody|anyone|anybody|one of (?:you"
    r"|your \w+|the \w+)(?: \w+)?|your (?:team|office|driver|engineer|manager|accounts (?:team"
    r"|department))|they|he|she|(?:an?|the|your) [a-z]+)"
)
SOFT = (
    r"(?:please |possibly |kindly |just |maybe |also |perhaps |then |quickly |at least |either "
    r"|be able to |do me a favou?r and |go ahead and |be so kind as to |be good enough to |try to "
    r"|try and )*"
)
OPENER = re.compile(
    rf"\b(?:could|can|would|will|might) {SOMEONE} {SOFT}(?P<ask>{VERB}\b)"
    rf"|\b(?:could|can|would|will|might) (?P<who>(?!(?:i|we|it|that|this|there|the|not|be|still|always"
    rf"|only|also"
    rf"|never|then|now|get|have)\b)[a-z]+) {SOFT}(?P<someone>(?:{VERBS})\b)"
    rf"|\bwould {SOMEONE} mind (?:please )?(?P<mind>[a-z]+ing)\b"
    rf"|\b(?:please|kindly) {SOFT}(?:do (?=call|ring|phone|let|send|give|get|contact|tell|come"
    rf"|check))?(?P<please>{VERB}\b)"
    rf"|\b(?:if|whether|that|so) {SOMEONE} (?:could|can|would|might|are able to"
    rf"|were able to) {SOFT}(?P<if>{VERB}\b)"
    rf"|\b(?:i|we) (?:just |really |also )?(?:need|want|'d like|would like|expect"
    rf"|would prefer) {SOMEONE} to {SOFT}(?P<need>{VERB}\b)"
    rf"|\b(?:i'd|i would|we'd|we would) (?:like|appreciate it if) {SOMEONE} (?:to|would"
    rf"|could)? ?{SOFT}(?P<like>(?:{VERBS})\b)"
    rf"|(?<!told to )\b(?:{WANT}) (?:if (?:i|we) (?:can"
    rf"|could) )?(?:to (?:please )?)?(?:go ahead and )?(?P<want>(?:{GO})\b)"
    rf"|\b(?:i|we)(?:'d| would| will|'ll)? (?:really |just |also |still )?(?:like|love|need|want"
    rf"|require|appreciate|prefer|expect|demand)(?: to have| to get)? (?P<thing>(?:an?|the|my|your"
    rf"|some|another"
    rf"|two|three|that) (?:[a-z-]+ ){{0,3}}?(?:{THING})s?\b)"
    rf"|\b(?:i'm|i am|we're|we are|am|just|hi|hello|yes|yeah) (?:just )?(?:looking for|looking to get|after"
    rf"|in need of|calling for|hoping for|in the market for|searching for)"
    rf" (?P<after>(?:an?|the|my|your|some|another|two|three|more)\b [a-z-]+)"
    rf"|\b(?:i|we)(?:'d| would)? (?:really |do )?(?:need|want|like) (?P<done>(?:this|that|it|them"
    rf"|these|(?:my|our|that|this"
    rf"|the) (?:\w+ ){{0,2}}?\w+) (?:\w+ed|done|sent|resent|back|gone)\b)"
    rf"|\b(?:i|we) (?:really |do |urgently )?(?:need|want|could use) (?P<help>(?:some |urgent "
    rf"|your |any )?(?:help|assistance"
    rf"|advice)\b)"
    rf"|\bany (?:chance|possibility)(?: that)? (?:i|we|you|someone|somebody|anyone"
    rf"|one of you)(?: (?:could|can|might|to))?"
    rf" {SOFT}(?P<chance>{VERB}\b)"
    rf"|\bany (?:chance|possibility) of (?P<maybe>an?\b(?! \w+ (?:could|can)\b))"
    rf"|(?<!do )(?<!if )(?<!what )(?<!whatever )(?<!anything )\b(?:someone|somebody|you|they"
    rf"|you guys) (?:really |just )?"
    rf"(?:needs? to|ha(?:s|ve) to|must|should) {SOFT}(?P<must>(?!be\b|know\b|have\b){VERB}\b)"
    rf"|\b(?:i|we)(?:'d| would) (?:really |just |also |very much )?(?:like|love|prefer) to (?:please )?"
    rf"(?P<wish>(?!say\b|thank\b|express\b|pass on my\b|pass on our\b|let you\b|tell you\b"
    rf"|inform you\b){VERB}\b)"
    rf"|\b(?:i|we)(?:(?:'d| would) (?:really |just |also )?(?:like|love|appreciate)| (?:still |also "
    rf"|really |now |do )?"
    rf"(?:need|require))(?: to have| to get)? (?P<object>(?:an?|the|another|those|these|your|some"
    rf"|{COUNT}|more|two)\b"
    rf"(?! (?:minute|moment|few|bit|while|lot|little)\b) ?(?!to\b)[a-z0-9:]+)"
    rf"|\b(?:and|but) (?:would (?:really )?(?:like|love)|want|wanted"
    rf"|need) to (?:please )?(?P<hope>(?!say\b|thank\b){VERB}\b)"
    rf"|\byou(?:'d| had) better (?P<better>(?:{VERBS})\b)"
    rf"|\b(?:don't forget to|make sure (?:you |to )|be sure to|remember to|time to"
    rf"|do the needful and|any chance of (?:you )?) ?(?P<sure>[a-z]+)\b"
    rf"|\b(?:asking|ask) (?:you|that you|if you) (?:to|could|can)? ?(?P<asking>(?:{VERBS})\b)",
    re.IGNORECASE,
)
IMPERATIVES = (
    "call|ring|phone|give|gie|send|email|text|let|tell|ask|have|bring|check|fix|book|cancel"
    "|confirm|leave|remind|forward|pass|get|put|drop|change|refund|reply|arrange|return|schedule|save|take|stop"
    "|ticket|remove|delete|add|switch|move|make|keep|find|look|hold|mark|update|process|resolve|credit|reverse"
    "|open|close|deliver|transfer|connect|explain|mail|post|fax|quote|reserve|order|sort|clean|replace|repair"
    "|mend|thank|pick|collect|count|show|reschedule|rebook|unsubscribe|include|block|freeze|issue|re-issue"
)
_OBJECT = (
    r"(?:me|us|him|her|them|the others|it|this|that|these|those|the|my|our|your|his|their|an?|someone"
    r"|somebody|everyone"
    r"|mr|mrs|ms|dr|doctor|mister|in|on|at|back|up|out|off|over"
    r"|[a-z]+ (?:to|know|that|i|we|she|he|they|please))"
)
IMPERATIVE = re.compile(
    rf"(?:^|(?<=[.!?,;:] )|\b(?:and|so|then|also|or|please|now|but) )(?:just |also |so |and |or |then "
    rf"|please )*(?!have a )(?!let alone )(?!take (?:care|a seat))(?!keep (?:up|it up))(?!thank you)"
    rf"(?P<verb>(?:{IMPERATIVES})\b)(?= {_OBJECT}\b)",
    re.I,
)
_SUBJECT = (
    r"(?:i|you|youse|y'all|we|they|he|she|it|there|this|that|these|those|anyone|anybody|someone|somebody|dogs"
    r"|children|kids|pets|(?:your|my|our|the|his|her|an?) (?!only\b)[a-z]+)"
)
QUESTION = re.compile(
    r"(?:^|(?<=[.!?;,] )|\b(?:and|so|but|also|or|um|like|please|wondering|wondered|know|ask(?: you)?"
    r"|find out|check"
    r"|see|checking|seeing|out|query|question is|enquire|inquire|asking|understand|wonder|curious"
    r"|quick one) )"
    rf"(?P<q>(?:do|does|did|are|is|was|were|will|would|have|has|can|could|may|might|should|shall"
    rf"|am) (?!not ){_SUBJECT}\b"
    r"(?! (?:please|think you))(?! (?:not )?(?:said|told|promised))"
    rf"|does (?:[a-z0-9:]+ ){{1,4}}(?:work|suit)\b"
    r"|(?:if|whether) (?!(?:i|we) (?:don't|do not|haven't)\b)[a-z']+\b(?! (?:could|can|would|might|get|need"
    r"|have any))"
    r"|any (?:news|updates?|word|progress|joy)\b"
    rf"|(?:what|which|how)(?: (?!(?:{_SUBJECT}|happened|not)\b)[a-z-]+){{0,3}} (?:do|does|did|is|are"
    rf"|can|could|should"
    rf"|would|will|was|were|has|have|am) {_SUBJECT}\b"
    r"|(?:what|which)(?:'s| time| should| can| would| else| is| are| kind| sort| documents| sizes?| your| day"
    r"| days| hours| happens)\b|why (?:is|are|do|did|was|were|has|have|does)\b"
    r"|how (?:things|much|many|long|far|late|soon|old|to|about|come)\b|how the [a-z]+ work"
    r"|when (?:do|does|is|are|will|can|would|your|my [a-z]+ (?:will|can))\b|when's\b|where (?:is|are|do"
    r"|can|to)\b"
    r"|where's\b|who (?:is|do|should|can|to|would)\b|who's\b)",
    re.I,
)
SLOT = re.compile(
    r"\b(?:slots?|openings|anything|space|available|availability|free|appointments?|tables?|room|times?"
    r"|fit|squeeze|see|come|look like|work|suit)\b",
    re.I,
)
ARRANGING = re.compile(
    r"(?:can|could|would|will|may|might|shall) (?:i|we|it|he|she|they|you|someone|somebody|anyone"
    r"|one of you|that"
    r"|(?:the|my|our|your|an?) [a-z]+)\b|how about\b|does\b",
    re.I,
)
AGREEING = re.compile(
    r"(?:is|would|does|will|if) (?:that|it|this|any of (?:that|those))\b.{0,12}"
    r"\b(?:suit|work|good|ok|okay|alright|fine|possible|doable|convenient|do)\b",
    re.I,
)
OF_THE_THING = re.compile(
    r"cancel|call off|void|\b(?:receipt|invoice|statement|bill|copy|refund) (?:for|from|of)\b", re.I
)
BODY_END = re.compile(
    r"[.!?;]\s|[.!?;]$|,? (?:because|so that|so i|so we|as (?:i|we|my|it|the) |since |but "
    r"|otherwise|which |cheers|thanks|thank you|bye|my (?:number|name|mobile|email|phone|address"
    r"|cell)|i'm|i am|i'll|i've|i was|i need|i have|i think|i don't|i want|we're|we've"
    r"|it's (?:not|just|been|about|urgent|quite|really|four|oh|zero|plus|\d)|it is|no (?:rush"
    r"|hurry|need)|when(?:ever)? you (?:get|have|can|are)|that would|that'd|would be|if (?:that's"
    r"|that is|possible|not|you (?:can|could|get|have|need))|talk soon|have a (?:good|nice|great"
    r"|lovely|wonderful)|take care"
    r"|much appreciated|i (?:[a-z]+ed|did|had|just|can't|couldn't|don't)|and (?:i|my|we|thanks"
    r"|thank|that|it|there)\b|or (?:i|we) |please$"
    r"|please\b(?=[,.!?]|$)|the number|on (?:this number|my (?:mobile|cell))|at (?:the )?(?:number"
    r"|email)"
    r"|the best (?:number|time)|you can (?:reach|call|get|ring)|also (?:could|can|please|do|i)"
    r"|and (?:also )?(?:could|can|would|please|do|does|are|is|will|when|where|who|what|how"
    r"|let me know|if))\b",
    re.I,
)
AND_VERB = re.compile(
    rf",? (?:and|then|and then|and also|and please|and maybe)(?: to| also| please| maybe"
    rf"| then)? (?!(?:have|take) a (?:\w+ )?look|see if|come and|try and)(?=(?:{VERBS})\b)",
    re.I,
)
NEGATED = re.compile(
    r"\b(?:don't|do not|no need to|not|never|didn't|couldn't|wouldn't|won't|can't|cannot|asked"
    r"|told|promised|said|nobody|no one|supposed to|used to|thought)(?: \w+){0,3}$",
    re.I,
)
CALL_TASK = re.compile(
    r"^(?:call|ring|phone|telephone|give (?:me|us) (?:a|an) (?:\w+ )?(?:call|ring|bell|buzz|shout)"
    r"|return (?:my|our|the) call|buzz|reach me|contact me)\b",
    re.I,
)
CONDITION = re.compile(r"(?:if|whether|when (?:you|the|your))\b", re.I)
HAVE_CALL = re.compile(r"^(?:have|get|ask|tell|let)\b.{1,40}\b(?:call|ring|phone) (?:me|us)\b", re.I)
ABOUT = re.compile(r"^(?:tell|let me know|know|find out|confirm|advise|check|ask|explain|inform)\b", re.I)
SAME_THING = re.compile(
    r"^(?:send|email|e-mail|forward|post|mail|reply|do|get|have|fax|return|finish) (?:it|them|that|this"
    r"|those|one)\b",
    re.I,
)
LIMIT = re.compile(
    r"\b(?:be|is) (?:good|great|nice|lovely|ideal|grateful|appreciated) if .{0,30}?(?=by |before )"
    r"|\b(?:wants|needs|need) (?:it|them|this|those|the \w+) |"
    r"\b(?:i|we) (?:really |do |would )?(?:need|want|must have|'d like|would like) (?:it|this|that|them|these"
    r"|an answer|one)(?: \w+){0,3}? |^(?:ideally|preferably|hopefully),? "
    r"|\bit(?:'s| is| has) (?:to be )?(?:\w+ )?(?:needed|due|required|done) |^(?=by |before |asap"
    r"|as soon|within )",
    re.I,
)
MAX_ITEMS = 20
MAX_WORDS = 18
GERUND_DOUBLE = re.compile(r"([bdgmnprt])\1$")
BOOK = re.compile(
    r"appointment|table|room|viewing|visit|consultation|meeting|slot|booking|reservation|tour|demo"
    r"|demonstration|taster|trial|inspection|taxi|cab",
    re.I,
)
SEND = re.compile(
    r"quote|quotation|estimate|copy|receipt|invoice|price|brochure|prospectus|catalogue|sample"
    r"|letter|certificate|statement|form|tracking|confirmation|credit note",
    re.I,
)
# A request in one word: "please resolve".
ALONE = re.compile(
    r"resolve|advise|expedite|confirm|reply|respond|help|unsubscribe|cancel|fix|repair|refund|check"
    r"|clarify|explain"
    r"|hurry|investigate|collect|deliver|reschedule",
    re.I,
)
# Words that make "i need to ..." part of a question.
ASKED = re.compile(
    r"\b(?:do|did|would|should|can|could|will|what|how|where|when|if|whatever|anything|before)\s$", re.I
)
# A question that stops after its subject was cut off there by what follows.
BARE_QUESTION = re.compile(rf"(?:can|could|will|would|do|does|is|are|may|should) {_SUBJECT}", re.I)
