"""Word lists shared by the rules."""

from __future__ import annotations

# Given names often heard, as evidence in text without capitals.
_FIRST_NAMES = """
aaliyah aaron abby abdul abena abigael abigail ada adaeze adam adele adeola aditi adnan adrian
adriana afia agatha agnes agnieszka ahmed aidan aiden aileen ailsa aimee aisha aisling akira alan
alana alasdair alastair alba albert aled alejandro aleksander alessandra alessia alex alexander
alexandra alexei alexis alfie alfonso alfred ali alice alicia alina alison allison alma alondra
alvaro alyssa ama amal amanda amara amarjit amber amelia amir amit amy ana ananya anders andre
andrea andrei andrew andy angela angelica angelo angus anika anil anita anjali anjana ann anna anne
anneke annette annie annika ansel anthony antoine anton antonio anwar aoife archie ariana ariel
arjun armando arnav arthur arturo aryan asha ashley ashok asif astrid aubrey audrey aurelia avery
aya ayesha ayo azra babak babatunde barbara barry bartosz basil beata beatrice becky ben benjamin
bernadette bernard bernice bertha bessie beth bethany betty beverly bianca bilal bill billy bjorn
blanca blessing bob bogdan bonnie boris brad bradley brandon brandy brenda brett brian bridget
bronagh bronwyn brooke bruce bryan bryce burak byron caitlin caleb callum cameron camila camille
candice carl carla carlo carlos carlotta carly carmel carmen carol carolina caroline carolyn carrie
carys cassandra catherine cathy catriona cecilia cedric celeste celia celine cesar chad chandra
chantal charles charlie charlotte charmaine chelsea cheryl chiamaka chiara chidi chinedu chinwe
chloe chris christina christine christopher ciaran cindy claire clare clarissa claudia clayton cleo
clifford clint clive clyde cody colette colin colleen connor conor constance cora cordelia corey
corinne cormac courtney craig cristina crystal curtis cynthia cyril dafydd daisy dalia damian damien
damon dan dana daniel danielle dante daphne daria darius darlene darnell darren darryl dave david
davina dawn dean debbie deborah debra deepa deepak deirdre delia delroy demetrius denise dennis
derek derrick desmond dev dexter diana diane diarmuid diego dieter dilys dimitri dina divya dmitri
dolly dolores dominic dominique donald donna donovan doreen doris dorothea dorothy dot doug dougal
douglas duane duncan dwayne dwight dylan ebele ebony ed eddie edgar edith edmund eduardo edward
edwin effie efua eileen eilidh eithne ekaterina elaine eleanor elena eleni eli elias elif elijah
eliot elise eliza elizabeth ella ellen ellie elliot elliott elmer elsa elsie elspeth elvira emanuel
emeka emil emilia emilio emily emma emmanuel emmett enid enrique eoin eric erica erik erika erin
ernest ernesto esme esmeralda esteban estelle esther ethan etienne euan eugene eunice eva evan eve
evelyn ewan ezra fabian faisal farah farida farouk fatima fatou faye felix fergus fernanda fernando
fidel finlay finn fiona fiorella fletcher flora florence florian floyd folake frances francesca
francesco francis frank frankie fraser fred freddie frederick freya frida fritz gabriel gabriela
gabriella gail ganesh gareth garrett gary gaurav gavin gaynor gemma genevieve geoff geoffrey george
georgia georgina geraint gerald geraldine gerard gerry gertrude gethin ghassan gianna gilbert gilda
giles gillian gina ginny giovanni giselle gita giulia gladys glenda glenn gloria godfrey goran
gordon graciela graeme graham greg gregory greta griselda guadalupe gudrun guido guillermo gurpreet
gus gwen gwendolyn haider hamish hamza hank hanna hannah hannes hans hari harish harley harold
harper harpreet harriet harry haruka harvey hassan hattie hazel heather hector hedda heidi heike
helen helena helene helga henrietta henrik henry herbert herman hilary hilda hiroshi hollie holly
horace hortense howard howell hubert huda hugh hugo hunter hussein iain ian ibrahim ibrahima ifan
ifeoma ignacio igor ike ilona imelda imogen imran indira ines inga ingeborg ingrid inigo ioana irene
irfan irina irma isaac isabel isabella isabelle isadora isidore isla ismail isobel ivan ivana ivor
ivy izzy jacinta jack jackie jackson jacob jacqueline jada jagdish jaime jake jamal james jamie
jamila jan jane janelle janet janette janice janine jared jarek jarvis jasmine jason jaspreet javier
jay jaya jayden jayne jean jeanette jeannie jeff jefferson jeffrey jemima jen jenna jennifer jenny
jeremy jermaine jerome jerry jess jesse jessica jessie jesus jill jim jimena jimmy jing joachim joan
joann joanna joanne joao joaquin jocelyn jodie jody joe joel joelle johan johannes john johnny
jolene jon jonas jonathan jonny jordan jorge jose josefina joseph josephine josh joshua josiah joyce
juan juanita judah judith judy julia julian julie juliet julius june jurgen justin justine kabir kai
kaitlyn kamal kamala kamila kareem karen karim karin karina karl karla karolina karthik kasia kaspar
katarzyna kate katherine kathleen kathryn kathy katie katrina katy kavita kavya kay kayla kayleigh
keira keisha keith kelly kelvin kemal ken kendra kenji kenneth kent kerry kevin khalid kieran kim
kimberly kiran kirk kirsten kirsty kit klara klaus kofi konrad krishna kristen kristin kristina kurt
kwame kwesi kyle kyra lachlan lakshmi lalitha lamar lana lara larissa larry lars latisha latoya
laura laurel lauren laurence laverne lawrence layla lea leah leandro leann leanne lee leila lekan
lena lenny lenora leo leon leonard leonardo leonie leopold lerato leroy lesley leslie leticia
letitia lewis liam lidia liliana lillian lily lina linda lindsay lindsey lionel lisa livia liz lloyd
logan lois lola lorenzo loretta lori lorna lorraine lottie louis louise lourdes lowri luana luca
lucas lucia lucille lucinda lucy ludmila luis luisa lukas luke lupita luther lydia lyle lyndon
lynette lynn lynne mabel mable madeleine madison maeve magda magdalena maggie mahesh mahmoud mairi
maisie malcolm malik mandy manish manoj manpreet manuel manuela marcel marcela marcia marcin marco
marcus marek margaret margarita margery margot marguerite maria mariam mariana marianne marie marika
marilyn marion marisa marisol marissa marita marius marjorie marjory mark marlene marlon marsha
marta martha martin martina marty marvin mary maryam maryanne mason mateo mateusz mathew mathilda
matilda matt matteo matthew maud maude maura maureen mauricio mavis max maxine maxwell maya
meenakshi meera megan meghan mei melanie melinda melissa melvin mercy meredith merle mervyn mhairi
mia micah michael michaela michal michelle mick miguel mikael mike mildred miles millicent milo
milos mina mindy ming minnie miranda miriam mitchell mohamed mohammed mohan moira molly mona monica
monique montgomery morag morgan morris muhammad muriel murray mustafa myra myrtle nabil nadia nadine
nadira naledi nancy nanette naomi narendra nasreen natalia natalie natasha nate nathan nathaniel
nazia ned neha neil nell nellie nelson nerys nestor nettie ngozi niamh nicholas nick nicky nico
nicola nicole nigel nigella nikhil nikita nikki nikolai nils nina nirmala nisha nkechi nkosi noah
noel nora norbert noreen norm norma norman nuno nuria obinna octavia odette olaf olayinka oleg olena
olga olive oliver olivia olu oluwaseun omar omari onyeka orla orlando orson osama oscar osman oswald
otieno otis ottilie otto owen padma padraig paige paloma pam pamela paolo parvati pascal pat
patricia patrick paul paula paulette paulina pauline paulo pawel pearl pedro peggy penelope penny
percy perry pete peter petra petros phil philip philippa phillip phoebe phyllis pia pierre piotr
pippa polly pooja pradeep pradip prakash pranab pranav prem preston priscilla priya priyanka quentin
quincy rachael rachel rafael rafiq raghav rahul raj rajesh ralf ralph ramesh ramon ramona rana
randall randy raphael raquel rashid rashida raul ravi ravinder ray rayan raymond rebecca reena
reggie regina reginald reinhard rekha rene renee reuben rex rhea rhiannon rhoda rhona rhonda rhys
ricardo riccardo richard richie rick rina rita ritchie rizwan robbie robert roberta roberto robin
rocco rochelle roderick rodney rodolfo rodrigo roger rohan rohit roland rolf roman romeo ron ronald
ronan ronnie rory rosa rosalie rosalind rosanna roseanne rosemary rosie roslyn ross rowan rowena
roxanne roy rubina ruby rudolf rudy rufus rukmini rupert russell rustam ruth ryan sabina sabine
sabrina sachin sadia sadie saeed sahil saira salim sally salma salvador sam samantha samir samira
samuel sandeep sandra sanjana sanjay sanjeev santiago santos sapna sara sarah saskia saul savita
scott seamus sean sebastian selina selma serena sergei sergio seth seun shabana shahid shane shania
shanice shannon shanta shanti shaquille sharmila sharon shaun shazia sheena sheila shelby sheldon
shelley sheryl shirley shiv shivani shona shreya shruti siddharth sidney sierra sigrid silas silvia
simon simone sindhu sinead siobhan sipho sofia sonia sonja sonny sophia sophie soren spencer stacey
stan stanley stefan stefanie stella steph stephan stephanie stephen steve steven stewart stuart sue
sujata sumit sunil sunita suresh susan susanna suzanne suzie sven svenja svetlana sybil sydney
sylvester sylvia tabitha tadeusz taj tamara tamika tamsin tanisha tanvi tanya tara tariq tasha
tasneem tatiana tatyana ted tegan teodora teresa terrence terri terry tess thabo thandi thelma theo
theodora theodore theophilus theresa therese thomas thor tiana tiffany tilda tilly tim timothy tina
tobias toby todd tom tomas tomasz tommy tony tonya tracey tracie tracy travis trent trev trevon
trevor tricia trina trish trudy tuan tunde tyler tyrone uche ugo ulrich uma uriel ursula usha
valentina valentino valerie vanessa varun vasily velma venkat venus vera vernon veronica vicky
victor victoria vijay vikas vikram viktor vincent vincenzo vinny vinod violet virgil virginia vishal
vivek vivian vivienne vladimir waheed wallace walt walter wanda wanjiru warren wayne wei wendell
wendy wesley whitney wilbur wilfred wilhelm william wilma winifred winston wojciech xavier ximena
yasmeen yasmin yaw ying yoko yolanda yosef yuki yuri yusuf yvette yvonne zach zachary zack zahra
zainab zane zara zelda zelma zeynep zhang zlatan zoe zola zuzana
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
academy accountants agency airlines architects associates auctions auto autos bakery bank bar
barbers bistro books bookshop brewery bros brothers builders cafe capital care catering chambers
charity chemist chemists church cleaners cleaning clinic clothing co college company computers
construction consulting corp corporation council couriers dairy deli dental dentistry dentists
design designs distillery electrical elementary energy engineering estate estates events fabrics
farm farms finance financial fisheries fitness florist florists flowers foundation freight furniture
gallery garage gardens glass glazing grill grocers group gym hardware haulage heating holdings homes
hospital hotel hotels housing inc incorporated inn instruments insurance interiors joinery kennels
kitchens labs landscaping legal lettings library lighting limited llc llp locksmiths logistics ltd
machinery marine marketing masonry media metals mortgages motors museum nursery opticians outfitters
packaging paints partners pharmacy photography physiotherapy pizza plc plumbing pools press primary
printers printing productions properties property realty recruitment recycling removals rentals
restaurant robotics roofing salon scaffolding school seafood security services shipping signs
skincare software solicitors solutions sons stables staffing storage stores studio studios supplies
supply surgery systems taxis tech technologies textiles theatre tiles timber tools tours towing
trading transport travel trust tyres union university utilities ventures veterinary vets vineyards
welding windows wines works workshop
"""

# Given names that are other words, places or common recognition errors too.
_ALSO_WORDS = """
ada alan alex ali alma alpha ama amber angelo anil anna ansel april art asha ashley aubrey avery
basil bill blessing bob brad brandy brett brooke bruce bryce byron cameron carlo carmel carol carrie
celeste chad chandra charity charmaine chase chelsea christian clayton cleo clint clive cody colette
constance cora courtney craig crystal daisy dale dan dana dante daria dawn dean dev devon dexter
dina dolly dolores don doris dot douglas drew duncan earl ebony ed edgar edwin effie elise eliza
emil enid evan eve ewan ezra fabian faith faye fidel finn fletcher flora florence floyd frances
frank frankie gabriel gail garrett gene geneva genevieve george gilbert giles gina ginny glenn
gordon grace graham grant greta guido gus hank hanna hari harley harper hattie hazel heather hilary
holly hope howard hunter igor ike imelda ines iris ivan ivor ivy jack jackson jada jade jan jared
jarvis jasmine jay jaya jean jefferson jersey jess jesus jim jody joe jordan jose josh joy juan june
kai kamala kay keith kelly ken kent kim kirk kit kurt lana lance lara laurel lea lee lena lenny leo
leroy leslie lewis lidia lily lina lloyd logan lois lola lori lorraine lou luca lucinda luther lyle
mable madison malik mandy marcia marina marion mark marlon marty marvin mason matilda maud max
maxine maxwell may mei melody mercedes mercy mia micah mick mike miles milo mina ming minnie miranda
mitchell molly mona montgomery morgan morris murray myra myrtle nate ned neil nell nelson nick nico
nina noel norm norma norman oleg olive orlando orson osman otis paige pam paris pat patience pearl
penny percy perry pete petra phil pia polly prem preston quincy ralf ramon rana ray reed rene rex
rhea rich rob robin rocco rochelle rod roger roland roman romeo rory rosa rosalie rose rosemary
rosie ross rowan roy ruby rudy rufus russell rusty sabina sabrina salvador sandy santiago santos
saul savannah scott sean seth shane shelby sheldon sidney sienna sierra silas simone sky sofia sonia
sonny spencer stan stanley stefan stella sterling stuart sue summer sunny sydney sylvester taj
taylor ted terri terry tess theo thor tiffany tilly tim toby tony tracie travis trent trish troy
tyler uche ugo uma una usha venus vera vernon victor victoria viktor vince violet virgil virginia
wade wallace wanda warren wayne wesley whitney will winston wren xavier yaw yuri zoe zola
"""

FIRST_NAMES = frozenset(_FIRST_NAMES.split())
NOT_NAMES = frozenset(_NOT_NAMES.split())
COMPANY_TAILS = frozenset(_COMPANY_TAILS.split())
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
