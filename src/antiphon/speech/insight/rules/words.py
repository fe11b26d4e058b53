"""Word lists shared by the rules."""

from __future__ import annotations

# Given names often heard, as evidence in text without capitals.
_FIRST_NAMES = """
aaliyah aaron abdul abena abigail adam adrian agnes agnieszka ahmed aidan aisha alan alasdair
alastair albert alejandro alex alexander alexandra alexei alfie ali alice alicia alison allison ama
amanda amara amber amelia amir amit amy ana andrea andrew andy angela angus anil anita anjali ann
anna anne annie anthony antonio aoife arjun arthur asha ashley ashok astrid barbara barry beatrice
becky ben benjamin bernard beth betty beverly bilal bill billy bjorn bob bonnie brad bradley brandon
brenda brian bronwyn brooke bruce callum cameron camille candice carl carla carlos carmen carol
caroline carys catherine cathy catriona charles charlie charlotte cheryl chiara chidi chloe chris
christina christine christopher ciaran claire clare colin connor cormac craig cynthia dafydd daisy
dan daniel danielle darren dave david dawn dean deborah deepa deepak deirdre denise dennis derek
derrick diana diane diego dilys divya dmitri dominic donald donna dorothy doug douglas duncan dylan
eddie edith edward eileen elaine eleanor elena eli elizabeth ella ellen ellie elspeth emeka emily
emma eoin eric erica erin esther ethan euan eva eve evelyn ewan farah fatima felix fernando finlay
fiona florence frances francesca francesco francis frank fraser fred freddie ganesh gareth gary
gavin geoff george georgia gerald geraldine gillian gita giulia glenn gordon graham greg gregory
guadalupe gurpreet gwen hamish hamza hannah hans harold harper harpreet harriet harry hassan heather
hector helen henry hiroshi holly howard hugh hugo hunter iain ian ibrahim imran ingrid irene isaac
isabel isabella isla ivan ivy jack jackie jacob jacqueline jake jamal james jamie jan jane janet
janice jasmine jason jaspreet javier jay jean jeff jeffrey jen jennifer jenny jeremy jerry jess
jessica jill jim jimmy jing joan joanna joanne joao joe joel john johnny jon jonathan jordan jorge
jose joseph josh joshua joyce juan judith judy julia julian julie juliet june jurgen justin karen
karl katarzyna kate katherine kathleen kathy katie katy kavita kayla keith kelly kemal ken kenji
kenneth kerry kevin khalid kim kiran kirsten kirsty klaus kofi kwame kyle lakshmi lalitha lara larry
lars latoya laura lauren laurence layla leah leanne lee leila leo leon lerato leslie lewis liam lily
linda lindsay lisa liz logan lorna lorraine louis louise luca lucas lucia lucy luis luke lydia lynn
madeleine madison maggie mahesh manoj manpreet manuel marco marcus margaret maria marie marilyn
marion marjorie mark martha martin mary mason mateo mateusz matt matteo matthew maureen max maya
meera megan mei melissa mhairi mia michael michelle mick miguel mike ming mohammed mohan moira molly
monica morag muhammad mustafa nadia naledi nancy naomi natalie natasha nathan neha neil ngozi niamh
nicholas nick nicky nicola nicole nigel nikhil nina noah noel nora norm norman olena olga oliver
olivia omar oscar otieno owen padma padraig pam pamela pat patricia patrick paul paula pauline pedro
peggy penny pete peter phil philip phoebe pierre piotr pooja pradeep priya rachel rahul raj rajesh
ralph ramesh randy ravi ray raymond rebecca reggie rekha rhiannon rhona rhys ricardo richard rick
rita robert roberta robin rodney roger rohan rohit ron ronald rory rosa rosemary ross roy ruby
russell ruth ryan sadie sally sam samantha samuel sandeep sandra sanjana sanjay sara sarah scott
sean sebastian sergei shannon shanti sharon shaun sheena sheila shirley shona shreya simon sinead
siobhan sipho sofia sonia sophia sophie stacey stella stephanie stephen steve steven stewart stuart
sue sunil sunita suresh susan suzanne sven svetlana tamara tanya tara tariq tasha ted teresa
terrence terry thabo thomas tim timothy tina toby todd tom tomasz tommy tony tracey tracy trevor
tunde tyler tyrone usha valerie vanessa venkat vera veronica vicky victor victoria vijay vikram
vincent vinod violet vivian walter wanjiru wayne wei wendy william yasmin yaw yuki yusuf yvonne zach
zainab zara zoe
"""
# Words that never belong to a name.
_NOT_NAMES = """
a about above absolute absolutely account actually after afternoon again ago all almost already also
always am an and angry annoyed another any anybody anyone anything anyway anywhere apartment app
appointment april are around as ask asked asking assistant at august available away awful back bad
be because been before being below best better between big bill boiler book booked booking boss both
bought bring broken brother business but buy by bye call called caller calling calls can can't
cancel cannot car card charge charged check cheers christmas clear client colleague coming company
complaint concerning confirm contact correct could couple customer dad dash daughter day days dear
december definitely delivery dentist department did didn't different disappointed disappointing do
doctor does doesn't doing don't done dot double down driver driving due during each early easter
eight either eleven else email emergency enough enquiring enquiry even evening ever every everybody
everyone everything exactly except extremely father february feeling few fifty fine first five flat
follow following for forty found four friday friend from frustrated frustrating fully further
general get getting give glad go goes going good great guys ha had half happen happened happening
happy has hasn't have haven't having he heard heating hello help her here hers hey hi him his hold
home hope hoping house how however hundred husband i i'd i'll i'm i've if important in inquiring
inquiry inside instead interested internet into invoice invoices is isn't it it's its january july
june just keep kind kitchen know landlord last late later leak least leave leaving left less let
letter like likely little live living locked long look looking lost lot lovely made mail make making
manager many march matter may maybe me mean message might mine minute minutes mobile mom monday
monday's money month months more morning most mostly mother much mum must my name named need needed
needing needs neighbor neighbour never new next nice night nine no nobody none nor not nothing
november now nowhere number nurse o'clock obviously october of off office oh ok okay old on once one
online only open or order ordered other our ours out outside over own page part partner pay people
perfect perhaps phone phoning please pleased plumber plus pm point possible probably problem
problems query question quick quite rather reach ready really receive received reception
receptionist reference regarding regards relation reply request ridiculous ring ringing room running
safe said sales same saturday saw say saying says school second see seems send sent september
service seven several shame she should simply since sir sister site six so some somebody someone
something sometime somewhere son soon sorry speak speaking staff still stop stuck stupid such sunday
support sure surely take talk teacher team ten tenant terrible text than thank thanks that that's
the their them then there there's these they they're thing things think third thirty this those
though thought three through thursday ticket time to today together told tomorrow tonight too tried
triple true try trying tuesday twelve twenty two unable unacceptable under underscore unfortunately
unhappy until up upset urgent us usual very voicemail wait waiting want wanted wanting wants was
wasn't water way we we'd we'll we're we've website wednesday week weekend weeks well went were
weren't what what's when where whether which while who whoever whole whose why wife will willing
wish with within without won't wondering work working worried would wouldn't writing wrong year
years yes yesterday yet you you'd you'll you're you've your yours zero
"""
# Words a company's name ends in.
_COMPANY_TAILS = """
academy accountants associates bakery bank bros brothers builders cafe catering charity clinic co
college company construction consulting corp corporation council couriers dental design designs
electrical estates foundation freight gardens group holdings hospital hotel inc incorporated
insurance interiors labs landscaping legal lettings limited llc llp logistics ltd media motors
partners plc plumbing properties property restaurant roofing salon school services software
solicitors solutions sons studio studios surgery systems tech technologies transport trust
university veterinary vets
"""

# Given names that are other words, places or common recognition errors too.
_ALSO_WORDS = """
alan alex ali ama amber anil anna april art asha ashley bill bob brad brooke bruce cameron carol
charity chase christian craig daisy dale dan dawn dean don douglas drew duncan earl eve ewan faith
florence frances frank gene geneva george glenn gordon grace graham grant harper heather holly hope
howard hunter iris ivan ivy jack jade jan jasmine jay jean jersey jess jim joe jordan jose josh joy
juan june keith kelly ken kim kit lance lara lee leo leslie lewis lily logan lorraine lou luca
madison marina marion mark mason max may mei melody mercedes mia mick mike miles ming molly neil
nick nina noel norm norman olive pam paris pat patience pearl penny pete phil ray reed rich rob
robin rod roger rory rosa rose rosemary ross roy ruby russell rusty sandy savannah scott sean sienna
sky sofia sonia stella sterling stuart sue summer sunny taylor ted terry tim toby tony troy tyler
una usha vera victor victoria vince violet wade wayne will wren yaw zoe
"""

FIRST_NAMES = frozenset(_FIRST_NAMES.split())
NOT_NAMES = frozenset(_NOT_NAMES.split())
COMPANY_TAILS = frozenset(_COMPANY_TAILS.split())
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
