import json,subprocess,math,re,collections,datetime,sys
import numpy as np
S = sys.argv[1].rstrip('/') + '/'
votes={}; day={}
for l in open('/dev/stdin') if False else subprocess.run(['zstd','-dc',S+'hf-votes.tsv.zst'],capture_output=True,text=True).stdout.splitlines()[1:]:
    c=l.split('\t'); day.setdefault(c[1],c[0]); 
    if c[2]: votes[c[1]]=int(c[2])
rows=[]
p=subprocess.Popen(['zstd','--long=27','-dc',S+'arxiv-recent.jsonl.zst'],stdout=subprocess.PIPE,text=True)
cats=['cs.CV','cs.CL','cs.AI','cs.LG','cs.RO','cs.SD','cs.IR','cs.GR','cs.MM','eess.AS','cs.SE','cs.HC','cs.CR','cs.MA']
for l in p.stdout:
    d=json.loads(l)
    a=d.get('announced')
    if not a or a<'2025-06-01': continue
    ab=d['abstract']; co=d.get('comments') or ''
    t=ab+' '+co
    code=bool(re.search(r'github\.com/[\w.-]+/|gitlab\.com/|huggingface\.co/',t))
    proj=bool(re.search(r'github\.io|sites\.google|project page|huggingface\.co/|youtu',t.lower()))
    acc=bool(re.search(r'accept|to appear|published in|proceedings',co.lower()))
    na=len((d.get('authors') or 'x').split(','))
    cs=d['categories'].split()
    y=0
    if d['id'] in day:
        dd=(datetime.date.fromisoformat(day[d['id']])-datetime.date.fromisoformat(a)).days
        y=int(-4<=dd<=21)
    f=[code,proj,acc,min(len(cs)-1,4),min(math.log(na),math.log(30)),':' in d['title'],min(len(ab),2000)/1000]+[cs[0]==k for k in cats]
    rows.append((a,y,f,votes.get(d['id'])))
print(len(rows),sum(r[1] for r in rows))
tr=[r for r in rows if r[0]<'2026-02-01']; va=[r for r in rows if r[0]>='2026-03-01' and r[0]<'2026-06-24']
def mat(rs): return np.array([r[2] for r in rs],float),np.array([r[1] for r in rs],float)
X,y=mat(tr);V,yv=mat(va)
names=['code','project','accepted','breadth','logauthors','colon','abslen']+cats
def fit(X,y,l2=1.0):
    X1=np.c_[np.ones(len(X)),X];w=np.zeros(X1.shape[1])
    for _ in range(30):
        p=1/(1+np.exp(-X1@w));g=X1.T@(p-y)+l2*np.r_[0,w[1:]];H=(X1*(p*(1-p))[:,None]).T@X1+l2*np.eye(len(w));w-=np.linalg.solve(H,g)
    return w
def auc(s,y):
    o=np.argsort(s,kind='stable');r=np.empty(len(s));r[o]=np.arange(1,len(s)+1)
    n1=y.sum();return (r[y==1].sum()-n1*(n1+1)/2)/(n1*(len(y)-n1))
for sel in (list(range(len(names))), [0,1,2,3,4]+list(range(7,len(names))), [0,1,2,3]+list(range(7,len(names))), [0,1,2,3],[0,1,2,3,4]):
    w=fit(X[:,sel],y);s=V[:,sel]@w[1:]
    # rprec by week
    wk=collections.defaultdict(list)
    for r,sc in zip(va,s):
        wk[datetime.date.fromisoformat(r[0]).isocalendar()[:2]].append((sc,r[1]))
    hit=tot=0
    for k,v in wk.items():
        n=sum(b for _,b in v); v.sort(key=lambda t:-t[0]); hit+=sum(b for _,b in v[:n]); tot+=n
    print('AUC %.3f Rprec %.3f'%(auc(s,yv),hit/tot), {names[i]:round(float(c),2) for i,c in zip(sel,w[1:])}, 'b0 %.2f'%w[0])
vs=[r[3] for r in rows if r[1] and r[3] is not None]; print('mean votes of picked',np.mean(vs),np.median(vs), 'var',np.var(vs))
