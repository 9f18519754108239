"""Questions as people type them, by what they turn round: half to develop with, half to test with (the second half of each list)."""

NEGATED = """
papers without code
Does any paper not use attention?
no training needed?
Which papers are not about images?
which papers do NOT need retraining
which ones don't use a U-Net
anything not on text-to-image?
show me methods that avoid fine-tuning
papers lacking a human evaluation
list the works that never mention ImageNet
which papers aren't about diffusion transformers
Which papers have nothing to do with video?
papers with no experiments
Which studies do not report FID?
Which of the papers do not involve large language models?
give me papers that don't require labelled data
Which papers use neither GANs nor VAEs?
works that are unrelated to images
all papers except the surveys
Which methods don't rely on classifier guidance?
everything but super-resolution
does not use attention
papers other than DeepCache on faster sampling
which paper doesn't need any training data
Which articles fail to release their code?
I want papers not about image generation
any method without a teacher model
which models are not trained on ImageNet?
Are there papers that are not about diffusion models?
Which papers do not use a pre-trained encoder?
which approaches require no extra parameters
list papers excluding medical imaging
which papers dont use transformers
Find works that skip human annotation
Which publications do not cover text generation?
papers, but not the ones about editing
Which papers work without paired data?
which techniques avoid backpropagation through the whole chain
papers that have no theory in them
Which papers do not deal with speed?
Which papers on pruning do not need retraining?
Which works lack a comparison with GANs?
""".split("\n")[1:-1]

EXTREME = """
What is the lowest FID reported on ImageNet?
which paper has the best FID?
highest speed-up
Which method is the fastest?
best FID on ImageNet 256x256
Which paper reports the highest PSNR?
what's the top BLEU score in these papers
Who gets the lowest FID?
What is the highest accuracy reported?
which has the largest speedup
lowest LPIPS?
Which approach speeds up sampling the most?
what is the best CLIP score
the worst FID in the library
Which work has the highest CIDEr on COCO?
smallest FID anywhere?
What is the best inception score in the collection?
Which of these papers has the lowest perplexity?
quickest method here
maximum SSIM
Which papers use more than two data sets?
papers with at least three experiments
Which methods need fewer than ten steps?
papers that use over 1000 images
list papers with more than four datasets
which works evaluate on at least five tasks
Which studies have more than 20 participants?
papers with less than 100 tokens
Which papers train at most two models?
which papers use more than one million images
What is the record FID on COCO?
Which paper achieves the highest mAP?
Which system has the greatest acceleration?
what is the minimum FID found
Who has the strongest PSNR?
Which model yields the best ROUGE?
give me the lowest FID of all papers
highest F1 of all
which paper shows the largest speed-up factor?
fastest sampler
""".split("\n")[1:-1]

DETAIL = """
Which GPU was used for DeepCache?
which gpu did they use
what are the limitations of DeepCache
How many milliseconds does DeepCache take per image?
who funded SaRA
what batch size did they use
what is the licence of DeepCache
how much memory does SaRA need
On what hardware was DiT-MoE trained?
Which optimizer was used to train REPA?
what learning rate does ConPreDiff use?
What are its weaknesses?
How many parameters does LaMamba-Diff have?
Who paid for this study?
how long does it take to train DiMR?
Which university is behind SemantiCodec?
How many people took part in the listening test?
How old were the participants on average?
what was the p-value
how many epochs was YONOS-SR trained for
How much energy does training take?
How many TPUs did it take?
is DeepCache licensed for commercial use
DeepCache's drawbacks?
How often has DeepCache been cited?
How many hours of training were needed?
how much VRAM is required
What are the shortcomings of SINE?
Where does SAM-DiffSR fail?
What is the inference time of DiffuSIA?
Which grant supported the work?
How many dollars did training cost?
what PSNR does RED-Diff reach
FID of DTR on FFHQ?
What was the sample size?
Which machines were used for the measurements?
What is the memory footprint of LDM?
What is the latency per image?
Which company made LI-DiT?
How many GPU hours does it take?
""".split("\n")[1:-1]

SUMMARY = """
Summarise SaRA
summarise the paper on SaRA
Summarize the DeepCache paper in two sentences.
tl;dr DeepCache
Give me a summary of DeepCache
tell me about LaDiC
explain SaRA simply
What is the main contribution of DeepCache?
Can you summarize DeepCache for me?
what's the gist of SemantiCodec
DeepCache: summary please
What is the SaRA paper about?
Please give a short overview of DiffuSIA
could you explain what LaDiC is about
I need a brief summary of REPA in 3 sentences
sum up the YONOS-SR paper
Give me the key points of DeepCache
TLDR: SINE
main idea of DeepCache?
what is new in DeepCache?
describe the DeepCache method briefly
summarize deepcache
In two sentences, summarise DeepCache.
What are the key findings of SaRA?
what can you tell me about SAM-DiffSR?
walk me through DeepCache
key takeaways from DTR
What did the DeepCache paper contribute?
write a one-sentence summary of DeepCache
Explain DeepCache in simple terms
recap BinaryDM
What are the main contributions of QuEST?
introduce me to PromptFix
DeepCache in a nutshell
overview of MMDM please
Summarise “DeepCache: Accelerating Diffusion Models for Free”
can i get a tldr of LaMamba-Diff
Brief me on DEEM
Briefly describe EDLM
what is the essence of RADD
""".split("\n")[1:-1]

FOREIGN = """
哪些论文是关于医学图像的?
Какие статьи посвящены медицинским изображениям?
Welche Arbeiten handeln von Musik?
Quels articles parlent de la musique ?
¿Qué artículos tratan sobre imágenes médicas?
医療画像に関する論文はどれですか
의료 영상에 관한 논문은 무엇입니까?
ما هي الأوراق التي تتناول الصور الطبية؟
Was sagt das Papier über medizinische Bilder aus?
Quali articoli parlano di musica?
Welke artikelen gaan over muziek?
Quais artigos falam de música?
Gibt es hier etwas über Videos?
Έχετε κάτι για βίντεο;
יש משהו על וידאו?
Która praca dotyczy обрезки моделей?
Wie schnell ist das Verfahren?
Quel est le meilleur modèle pour les images ?
Cuál es la mejor manera de editar una foto?
这些论文里有没有讲视频的?
Bitte fasse die Arbeit über Töne zusammen.
Combien de paramètres sont inutiles ?
चिकित्सा छवियों पर कौन से शोधपत्र हैं?
เอกสารใดเกี่ยวกับภาพทางการแพทย์
Есть ли что-нибудь о видео?
Comment réduire le temps de calcul ?
Wovon handelt die Arbeit mit dem Ton?
Che cosa dicono gli articoli sulla musica?
哪篇论文的速度最快?
動画についての論文はありますか
Welches Modell ist am kleinsten?
Qué papel juega el texto en la generación de imágenes?
Hay algo sobre música?
Pourquoi la génération est-elle lente ?
Wie groß ist das kleinste Modell?
Hoe werkt het zonder training?
비디오 생성에 대한 논문이 있나요?
ماذا تقول الأوراق عن الفيديو؟
Wer hat das Verfahren entwickelt?
Les auteurs utilisent-ils des images de synthèse ?
""".split("\n")[1:-1]
